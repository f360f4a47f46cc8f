package card

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/dataset"
	"earshot/train/modelfile"
	"earshot/train/recipe"
)

// sample exports a narrow untrained network with the given metadata.
func sample(t *testing.T, p any, l any) *infer.Model {
	t.Helper()
	a, err := acrnn.New(3, 0.1, acrnn.Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	w := acrnn.Weights{Flat: acrnn.InitWeights(a, acrnn.HeInit, rand.New(rand.NewPCG(1, 1))), Means: make([]float32, a.StatSize()), Vars: make([]float32, a.StatSize()), Std: [2]float32{1, 1}}
	for i := range w.Vars {
		w.Vars[i] = 1
	}
	b, err := modelfile.Export(a, w, modelfile.Info{Labels: []string{"dog", "bell", "background"}, Names: map[string]string{"bell": "Bell | <b>big</b>"},
		Background: "background", FrontEnd: gammatone.Default(), Thresholds: map[string]infer.Threshold{"dog": {On: 0.625, Off: 0.375}},
		Temperature: 1.25, Provenance: p, Licence: l, Half: true})
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.ParseModel("sample.onnx", b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var licence = modelfile.Licence{Data: "esc50", Licences: map[string]int{"CC0": 7, "CC-BY": 2}, Credits: []dataset.Credit{
	{Author: "snow_owl", Title: "bark [close]\nwav", URL: "http://freesound.org/1|2", Licence: "CC-BY", Clips: []string{"1-a.ogg", "1-b.ogg"}}}}

func TestCardSaysWhatTheMetadataHolds(t *testing.T) {
	m := sample(t, modelfile.Provenance{Recipe: recipe.Default(), Data: "esc50 (CC0, CC-BY clips)", Train: []int{1, 2, 3}, Test: []int{4}, Clips: 815, Steps: 1234, Seed: 7,
		Build: "0.1", Date: "2026-11-22", Note: "second of three.", Validation: map[string]float64{"clip_accuracy": 0.8125, "clips": 400, "ece": 0.031}}, licence)
	c, err := Read(m)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Markdown(&b, "Sample"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Model card: Sample\n", "| 2, and `background` for what is none of them |", "weights in fp16", m.SHA256,
		"esc50 (CC0, CC-BY clips), folds 1, 2, 3: 815 clips", "| Held out | folds 4 |", "= 1234 steps", "seed 7", "second of three.",
		"81.2 %", "| Clips measured | 400 |", "3.1 %", "Calibration temperature 1.25", "| `dog` | Dog | 0.625 | 0.375 |",
		`Bell \| &lt;b>big&lt;/b>`, "| CC-BY | 2 |", "| CC0 | 7 |", "ask to be credited: 1;", "attention l10", "## Limits of use"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	if strings.Contains(b.String(), "| `background` |") {
		t.Error("background is listed among the labels that switch")
	}
}

// A final model, trained on everything, cites the sibling that it took its calibration from.
func TestCardCitesTheSibling(t *testing.T) {
	frozen := recipe.Default()
	frozen.Frozen = 2
	m := sample(t, modelfile.Provenance{Recipe: frozen, Train: []int{1, 2}, Sibling: "a.onnx (SHA-256 12ab)", SiblingOn: []int{4},
		SiblingVal: map[string]float64{"clip_accuracy": 0.9}, Converted: "fp16 to int8"}, nil)
	c, err := Read(m)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Markdown(&b, "x"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| Frozen | the first 2 convolution layers", "sibling a.onnx (SHA-256 12ab)", "without folds 4", "90.0 %", "taken from that sibling", "fp16 to int8"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the card lacks %q", want)
		}
	}
}

func TestCredits(t *testing.T) {
	c, err := Read(sample(t, nil, licence))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.Credits(&b); err != nil {
		t.Fatal(err)
	}
	const want = `| [bark \[close\] wav](<http://freesound.org/1%7C2>) | snow\_owl | CC-BY | 1-a.ogg, 1-b.ogg |`
	if !strings.Contains(b.String(), want) {
		t.Errorf("credits\n%s\nlack %q", b.String(), want)
	}
}

// A model of another maker has an object of another form, or none, in its metadata.
func TestForeignMetadata(t *testing.T) {
	for name, p := range map[string]any{"none": nil, "foreign": map[string]any{"author": "someone"}} {
		c, err := Read(sample(t, p, nil))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var b bytes.Buffer
		if err := c.Markdown(&b, "x"); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "does not say how it was trained") {
			t.Errorf("%s: the card invents a training", name)
		}
	}
	_, err := Read(sample(t, json.RawMessage(`{"seed":"one"}`), nil))
	if err == nil || !strings.Contains(err.Error(), "provenance") {
		t.Errorf("a seed that is no number gives %v, want an error about provenance", err)
	}
}
