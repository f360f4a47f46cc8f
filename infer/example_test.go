package infer_test

import (
	"errors"
	"fmt"
	"strings"

	"earshot/infer"
	"earshot/internal/test/testmodel"
)

// A window of sound is scored. The model of this example is a tiny one that hears where the energy is.
func ExampleSession() {
	if err := infer.Init(""); err != nil { // finds and loads ONNX Runtime
		fmt.Println(err)
		return
	}
	m, err := infer.ParseModel("example.onnx", testmodel.New("low", "high").Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := infer.NewSession(m, infer.Options{Provider: "cpu"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	window := make([]float32, infer.WindowLen) // (channel, band, frame), dB
	for band := range infer.Bands {
		for frame := range infer.Frames {
			window[band*infer.Frames+frame] = -60
			if band >= infer.Bands/2 {
				window[band*infer.Frames+frame] = -40
			}
		}
	}
	scores, attention, err := s.Run(window, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for k, label := range m.Labels {
		fmt.Printf("%s %.2f\n", label, scores[k])
	}
	fmt.Println(len(attention), "steps of attention")
	// Output:
	// low 0.00
	// high 1.00
	// 7 steps of attention
}

// A file that is ONNX but no model for earshot: every fault is named at once.
func ExampleParseModel() {
	spec := testmodel.New("dog", "cat")
	spec.Metadata["labels"] = `["dog"]`
	delete(spec.Metadata, "contract")
	_, err := infer.ParseModel("broken.onnx", spec.Bytes())
	var broken *infer.ContractError
	if errors.As(err, &broken) {
		fmt.Println(strings.Join(broken.Faults, "\n"))
	}
	// Output:
	// metadata "contract": missing, want 1
	// output "scores" has 2 classes, metadata "labels" lists 1
}

// A label that the model does not know is told together with the one that was probably meant.
func ExampleModel_CheckLabels() {
	m, err := infer.ParseModel("house.onnx", testmodel.New("dog", "glass_breaking").Bytes())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.CheckLabels([]string{"dog", "Glass breaking"}))
	// Output: model "house.onnx" does not know label "Glass breaking" ("glass_breaking"?); its 2 labels: dog, glass_breaking
}
