package engine

import (
	"strings"
	"testing"

	"earshot/daemon/config"
	"earshot/infer"
	"earshot/internal/test/learned"
	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train/modelfile"
)

// TestPrefer: the form that is asked for, else the one that is faster here; what cannot be run in eight bits stays.
func TestPrefer(t *testing.T) {
	testruntime.MustLoad()
	n := learned.Tones(t)
	model := func(spans bool) *infer.Model {
		info := modelfile.Info{Labels: n.Data.Labels, FrontEnd: tones.Front(), Thresholds: map[string]infer.Threshold{}, Provenance: map[string]any{}}
		if spans {
			q, err := modelfile.Calibrate(t.Context(), n.Arch, n.Weights, tones.Front(), n.Data.Train, 1, 1)
			if err != nil {
				t.Fatal(err)
			}
			info.Spans = q
		}
		b, err := modelfile.Export(n.Arch, n.Weights, info)
		if err != nil {
			t.Fatal(err)
		}
		m, err := infer.ParseModel("tones", b)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	plain, able := model(false), model(true)
	for _, c := range []struct {
		name, precision string
		m               *infer.Model
		forms           string // that may come of it; "" = an error
	}{
		{"fp32", config.PrecisionFP32, able, "fp32"},
		{"int8", config.PrecisionINT8, able, "int8"},
		{"int8, but no spans", config.PrecisionINT8, plain, ""},
		{"auto, but no spans", config.PrecisionAuto, plain, "fp32"},
		{"auto: what is faster here", config.PrecisionAuto, able, "fp32 int8"},
	} {
		got, err := Prefer(c.m, infer.Options{Provider: "cpu"}, c.precision)
		if c.forms == "" {
			if err == nil || !strings.Contains(err.Error(), "inference.precision is int8") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || !strings.Contains(c.forms, modelfile.WeightForm(got.Bytes)) {
			t.Errorf("%s: %v, want one of %s", c.name, err, c.forms)
		}
	}
}
