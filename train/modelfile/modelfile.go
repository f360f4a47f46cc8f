// Package modelfile writes and reads the files that hold a trained network with
// all that it says about itself, in float32, float16 and int8.
package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/head"
)

// Info is what a model file says about itself beside its weights.
type Info struct {
	Labels      []string
	Names       map[string]string
	Background  string // "" for none
	FrontEnd    gammatone.Config
	Thresholds  map[string]infer.Threshold
	Temperature float64
	Provenance  any                // JSON object
	Licence     any                // JSON object
	Memory      *head.Memory       // for fine-tuning without the old recordings; nil: none
	Taught      []string           // labels that were taught beside those of the network that it began as
	Half        bool               // weights as float16
	Quant       acrnn.Quantisation // convolutions in int8; nil: float32
	Spans       acrnn.Quantisation // of the activations, for who runs it in eight bits; nil: not known
}

// trainable is the metadata from which training can go on: what folding batch
// norm into the filters hides.
type trainable struct {
	Arch                     acrnn.Arch
	Gamma, Beta, Means, Vars []float32 // by batch-norm channel
	Mean, Std                [2]float32
}

// Export writes the model file's bytes (docs/design.md).
func Export(a acrnn.Arch, w acrnn.Weights, m Info) ([]byte, error) {
	for _, v := range w.Flat {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, errors.New("export: a weight is not a number")
		}
	}
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{Half: m.Half, Quant: m.Quant, Temperature: m.Temperature})
	tr := trainable{Arch: a, Means: w.Means, Vars: w.Vars, Mean: w.Mean, Std: w.Std}
	named := a.Named(w.Flat)
	for i := range a.Convs {
		tr.Gamma = append(tr.Gamma, named[fmt.Sprintf("l%d.gamma", i+1)]...)
		tr.Beta = append(tr.Beta, named[fmt.Sprintf("l%d.beta", i+1)]...)
	}
	var background any
	if m.Background != "" {
		background = m.Background
	}
	temperature := m.Temperature
	if temperature == 0 {
		temperature = 1
	}
	g.Metadata["front_end"] = m.FrontEnd.Fingerprint()
	var memory any
	if m.Memory != nil {
		memory = m.Memory
	}
	var spans any
	if m.Spans != nil && m.Quant == nil {
		spans = m.Spans
	}
	var taught any
	if len(m.Taught) > 0 {
		taught = m.Taught
	}
	for key, v := range map[string]any{"taught": taught, "contract": infer.ContractVersion, "labels": m.Labels, "names": m.Names,
		"thresholds": m.Thresholds, "temperature": temperature, "background": background,
		"provenance": m.Provenance, "licence": m.Licence, "trainable": tr, "memory": memory, keySpans: spans} {
		if v == nil && key != "background" {
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("export: metadata %s: %w", key, err)
		}
		g.Metadata[key] = string(b)
	}
	b := g.Marshal()
	if _, err := infer.ParseModel("export", b); err != nil {
		return nil, err
	}
	return b, nil
}

// Import reads back a model file that Export wrote, to train it further.
func Import(model []byte) (acrnn.Arch, acrnn.Weights, error) {
	var tr trainable
	h, err := onnx.ReadHeader(model)
	if err != nil {
		return tr.Arch, acrnn.Weights{}, err
	}
	tensors, err := onnx.Initialisers(model)
	if err != nil {
		return tr.Arch, acrnn.Weights{}, err
	}
	if err := json.Unmarshal([]byte(h.Metadata["trainable"]), &tr); err != nil {
		return tr.Arch, acrnn.Weights{}, errors.New("the model carries no training state (metadata \"trainable\"); only models that earshot trained can be trained further")
	}
	err = tr.Arch.Validate()
	if err == nil && (tr.Arch.Bands != train.Bands || tr.Arch.Frames != train.Frames) {
		err = fmt.Errorf("windows of %d bands × %d frames, want %d × %d", tr.Arch.Bands, tr.Arch.Frames, train.Bands, train.Frames)
	}
	if err != nil {
		return tr.Arch, acrnn.Weights{}, fmt.Errorf("the model's training state is broken: %w", err)
	}
	w := acrnn.Weights{Flat: make([]float32, tr.Arch.Size()), Means: tr.Means, Vars: tr.Vars, Mean: tr.Mean, Std: tr.Std}
	if n := tr.Arch.StatSize(); len(tr.Gamma) != n || len(tr.Beta) != n || len(tr.Means) != n || len(tr.Vars) != n {
		return tr.Arch, w, fmt.Errorf("the model's training state is broken: %d batch-norm channels, want %d", len(tr.Gamma), n)
	}
	named := tr.Arch.Named(w.Flat)
	at := 0
	for i, c := range tr.Arch.Convs {
		l := fmt.Sprintf("l%d", i+1)
		ch := at + c.Out
		copy(named[l+".gamma"], tr.Gamma[at:ch])
		copy(named[l+".beta"], tr.Beta[at:ch])
		filters := tensors[l+".w"]
		if len(filters) != len(named[l+".w"]) {
			return tr.Arch, w, fmt.Errorf("the model's tensor %s.w has %d values, want %d", l, len(filters), len(named[l+".w"]))
		}
		widen(filters, tensors[l+".w.scale"])
		acrnn.Unfold(named[l+".w"], filters, tr.Gamma[at:ch], tr.Vars[at:ch])
		at = ch
	}
	for _, l := range []string{"l9", "l10"} {
		for n, want := range map[string]int{".w": len(named[l+".w"]), ".r": len(named[l+".r"]), ".b": 2 * len(named[l+".wb"])} {
			if len(tensors[l+n]) != want {
				return tr.Arch, w, fmt.Errorf("the model's tensor %s%s has %d values, want %d", l, n, len(tensors[l+n]), want)
			}
		}
		copy(named[l+".w"], tensors[l+".w"])
		copy(named[l+".r"], tensors[l+".r"])
		acrnn.SplitGRUBias(named[l+".wb"], named[l+".rb"], tensors[l+".b"])
	}
	for _, n := range []string{"att.w", "att.b", "dense.w", "dense.b"} {
		if v, ok := named[n]; ok {
			if len(tensors[n]) != len(v) {
				return tr.Arch, w, fmt.Errorf("the model's tensor %s has %d values, want %d", n, len(tensors[n]), len(v))
			}
			copy(v, tensors[n])
		}
	}
	return tr.Arch, w, nil
}

// widen multiplies int8 filters by their scales; without scales they are floats already.
func widen(filters, scales []float32) {
	for i := range filters {
		if len(scales) > 0 {
			filters[i] *= scales[i/(len(filters)/len(scales))]
		}
	}
}
