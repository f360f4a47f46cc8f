package rules

import (
	"testing"

	"earshot/daemon/config"
	"earshot/daemon/opinion"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/test/testmodel"
	"earshot/verify"
)

// TestSecondOpinionsThresholds: a label that the head knows has the fusion's thresholds unless the user says others;
// it is asked about before it can switch anything; of a group every member is.
func TestSecondOpinionsThresholds(t *testing.T) {
	fusion := verify.Fusion{Candidate: 0.2, A: 1, B: 1, On: 0.7, Off: 0.5}
	head := testmodel.HeadSpec{Labels: []string{"rain", "dog"}, Weight: []float64{1, 1}, Bias: []float64{0, 0}, Fusions: []verify.Fusion{fusion, fusion}}.Head()
	m, err := infer.ParseModel("test", testmodel.New("dog", "rain", "cat", "background").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m.Thresholds = map[string]infer.Threshold{"dog": {On: 0.8, Off: 0.6}}
	f, err := config.Parse("x.yaml", []byte("watch: {labels: [{label: dog}, {label: cat}], groups: [{name: g, labels: [rain, cat]}]}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Resolve(f, m, gammatone.Default(), head)
	if err != nil {
		t.Fatal(err)
	}
	own := infer.DefaultThreshold
	first, fused := opinion.Thresholds{On: own.On, Off: own.Off}, opinion.Thresholds{On: 0.7, Off: 0.5}
	want := []opinion.Label{
		{Class: 1, Watched: true, Candidate: 0.2, First: opinion.Thresholds{On: 0.8, Off: 0.6}, Fused: fused},
		{Class: 0, Watched: true, Candidate: 0.2, First: first, Fused: fused},
		{Class: -1, Watched: true}, {Class: -1},
	}
	for i, l := range w.Opinion.Labels {
		if l.Class < 0 {
			l.Candidate, l.Watched = 0, want[i].Watched // of no account
		}
		if l != want[i] {
			t.Errorf("%s: %+v, want %+v", m.Labels[i], l, want[i])
		}
	}
	if r := w.Smooth.Rules[0]; r.On != 0.7 || r.Off != 0.5 {
		t.Errorf("dog's rule is %+v", r)
	}

	if f, err = config.Parse("x.yaml", []byte("watch: {labels: [{label: dog, on: 0.1, off: 0.05}], groups: []}"), nil); err != nil {
		t.Fatal(err)
	}
	if w, err = Resolve(f, m, gammatone.Default(), head); err != nil {
		t.Fatal(err)
	}
	if l := w.Opinion.Labels[0]; l.Candidate != 0.1 || l.Fused.On != 0.1 || w.Smooth.Rules[0].On != 0.1 || w.Opinion.Labels[1].Watched {
		t.Errorf("%+v, rule %+v", w.Opinion.Labels, w.Smooth.Rules[0])
	}
}
