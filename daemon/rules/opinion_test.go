package rules

import (
	"math"
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
	for _, l := range w.Opinion.Labels[len(m.Labels):] {
		if l.Class >= 0 {
			t.Errorf("%+v: the second network is asked about a rhythm", l)
		}
	}
	for i, l := range w.Opinion.Labels[:len(m.Labels)] {
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

// TestFalseAlarms: a wished rate takes the place of the fusion's threshold where the curve knows the label, the user's own
// threshold that of the rate. A rate that the curve's hours cannot tell from none takes nothing below the model's own.
func TestFalseAlarms(t *testing.T) {
	fusion := verify.Fusion{Candidate: 0.2, A: 1, B: 1, On: 0.8, Off: 0.4}
	head := testmodel.HeadSpec{Labels: []string{"rain", "dog", "cat"}, Weight: []float64{1, 1, 1}, Bias: []float64{0, 0, 0}, Fusions: []verify.Fusion{fusion, fusion, fusion}}.Head()
	tradeoff := verify.Tradeoff{Hours: 100, Events: []int{90, 9, 3, 0}, Clips: 10, Heard: []int{10, 9, 5, 1}, Others: 10, Wrong: []int{9, 9, 9, 9}}
	head.Curve = &verify.Curve{Steps: []float64{0.2, 0.6, 0.7, 0.9}, Labels: map[string]verify.Tradeoff{"dog": tradeoff, "cat": tradeoff}}
	m, err := infer.ParseModel("test", testmodel.New("dog", "rain", "cat", "background").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for wish, want := range map[string]float64{"": 0.8, "1/hour": 0.6, "1/day": 0.7, "0/day": 0.9, "0.2/day": 0.9} {
		f, err := config.Parse("x.yaml", []byte("watch: {false_alarms: \""+wish+"\", labels: [{label: dog}, {label: rain}, {label: cat, on: 0.5}], groups: []}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Resolve(f, m, gammatone.Default(), head)
		if err != nil {
			t.Fatal(err)
		}
		dog, rain, cat := w.Smooth.Rules[0], w.Smooth.Rules[1], w.Smooth.Rules[2]
		if dog.On != want || math.Abs(dog.Off-want/2) > 1e-9 || rain.On != 0.8 || cat.On != 0.5 || w.Opinion.Labels[0].Fused.On != want {
			t.Errorf("%q: dog %+v, rain %+v, cat %+v; want dog on at %g, off at half, the others as they are", wish, dog, rain, cat, want)
		}
	}
	tradeoff.Events = []int{0, 0, 0, 0}
	head.Curve.Labels["dog"] = tradeoff
	f, err := config.Parse("x.yaml", []byte("watch: {false_alarms: 0.2/day, labels: [{label: dog}], groups: []}"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if w, err := Resolve(f, m, gammatone.Default(), head); err != nil || w.Smooth.Rules[0].On != 0.8 {
		t.Errorf("nothing was counted: dog %+v, %v; want the model's own 0.8", w.Smooth.Rules[0], err)
	}
	if _, err := config.Parse("x.yaml", []byte("watch: {false_alarms: seldom}"), nil); err == nil {
		t.Error("false_alarms: seldom, and no error")
	}
}
