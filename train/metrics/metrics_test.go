package metrics

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// scores makes windows of k = 3 labels from rows.
func scores(rows ...[3]float32) []float32 {
	var out []float32
	for _, r := range rows {
		out = append(out, r[:]...)
	}
	return out
}

var abc = []string{"a", "b", "background"}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// TestEvaluate is worked by hand.
func TestEvaluate(t *testing.T) {
	clips := []Clip{
		{"1", 0, scores([3]float32{.8, .2, 0}, [3]float32{.4, .6, 0})}, // mean .6 .4: right, windows 1 of 2
		{"2", 0, scores([3]float32{.3, .7, 0})},                        // wrong
		{"3", 1, scores([3]float32{.1, .9, 0}, [3]float32{.2, .8, 0})}, // right, 2 of 2
		{"4", 1, scores([3]float32{.05, .15, .8})},                     // right once background is out: .25 .75
		{"5", 2, scores([3]float32{0, 0, 1})},                          // background: not an ESC figure
	}
	r, err := Evaluate(abc, []bool{true, true, false}, clips)
	if err != nil {
		t.Fatal(err)
	}
	if r.Clips != 4 || r.LeftOut != 1 || r.Windows != 6 {
		t.Errorf("%d clips, %d left out, %d windows; want 4, 1, 6", r.Clips, r.LeftOut, r.Windows)
	}
	if !near(r.ClipAccuracy, 3.0/4) || !near(r.WindowAccuracy, 4.0/6) {
		t.Errorf("accuracy %g of clips, %g of windows; want 3/4, 4/6", r.ClipAccuracy, r.WindowAccuracy)
	}
	if got := r.Confusion; got[0][0] != 1 || got[0][1] != 1 || got[1][1] != 2 || got[1][0] != 0 {
		t.Errorf("confusion %v", got)
	}
	a, b := r.PerClass[0], r.PerClass[1]
	if !near(a.Precision, 1) || !near(a.Recall, .5) || !near(a.F1, 2.0/3) || !near(b.Precision, 2.0/3) || !near(b.Recall, 1) || !near(b.F1, .8) || !near(r.MacroF1, (2.0/3+.8)/2) {
		t.Errorf("per class %+v, macro F1 %g", r.PerClass, r.MacroF1)
	}
	if len(r.Mistakes) != 1 || r.Mistakes[0].Name != "2" || r.Mistakes[0].Named != "b" || !near(r.Mistakes[0].Score, .7) {
		t.Errorf("mistakes %+v", r.Mistakes)
	}
	if want := -(math.Log(.6) + math.Log(.3) + math.Log(.85) + math.Log(.75)) / 4; !near(r.NLL, want) {
		t.Errorf("NLL %g, want %g", r.NLL, want)
	}
	// Confidences .6 right, .7 wrong, .85 right, .75 right: bins (.5,.6], (.6,.7], (.8,.9], (.7,.8].
	if want := (.4 + .7 + .15 + .25) / 4; !near(r.ECE, want) {
		t.Errorf("ECE %g, want %g", r.ECE, want)
	}
	if r.Low >= .75 || r.High <= .75 {
		t.Errorf("interval %g to %g", r.Low, r.High)
	}
	if b, err := json.Marshal(r); err != nil || !strings.Contains(string(b), `"ece":`) || !strings.Contains(string(b), `"clip_accuracy":0.75`) {
		t.Errorf("JSON %s, %v", b, err)
	}
}

// TestBackgroundColumnChangesNothing: whatever a model puts on background in
// every window alike, the figures over the other labels are the same.
func TestBackgroundColumnChangesNothing(t *testing.T) {
	with := Clip{"x", 1, scores([3]float32{.2, .3, .5}, [3]float32{.05, .45, .5})}
	without := Clip{"x", 1, scores([3]float32{.4, .6, 0}, [3]float32{.1, .9, 0})}
	keep := []bool{true, true, false}
	a, err1 := Evaluate(abc, keep, []Clip{with})
	b, err2 := Evaluate(abc, keep, []Clip{without})
	if err1 != nil || err2 != nil || !near(a.NLL, b.NLL) || a.WindowAccuracy != b.WindowAccuracy {
		t.Errorf("%+v\n%+v (%v, %v)", a, b, err1, err2)
	}
}

func TestEvaluateErrors(t *testing.T) {
	nan := float32(math.NaN())
	ok := scores([3]float32{1, 0, 0})
	for _, c := range []struct {
		name  string
		keep  []bool
		clips []Clip
		want  string
	}{
		{"no clip", nil, nil, "none of 0 clips carries one of the 3 labels"},
		{"only background", []bool{true, true, false}, []Clip{{"x", 2, ok}}, "none of 1 clips"},
		{"one label", []bool{true, false, false}, []Clip{{"x", 0, ok}}, "1 labels to test; want at least 2"},
		{"no window", nil, []Clip{{"x", 0, nil}}, `clip "x": no window was scored`},
		{"torn window", nil, []Clip{{"x", 0, ok[:2]}}, "2 scores are not whole windows of 3 labels"},
		{"label", nil, []Clip{{"x", 3, ok}}, "label 3; the model has 0 to 2"},
		{"NaN", nil, []Clip{{"x", 0, []float32{0, 0, 1, 0, nan, 0}}}, "window 1, label 1 scores NaN; want a probability"},
		{"logits", nil, []Clip{{"x", 0, []float32{5, 0, 0}}}, "scores 5; want a probability"},
	} {
		if _, err := Evaluate(abc, c.keep, c.clips); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", c.name, err, c.want)
		}
	}
}

func TestNothingLeftOfTheScores(t *testing.T) {
	r, err := Evaluate(abc, []bool{true, true, false}, []Clip{{"x", 1, scores([3]float32{0, 0, 1})}})
	if err != nil || math.IsNaN(r.NLL) || math.IsNaN(r.ECE) {
		t.Errorf("all probability on background: %+v, %v", r, err)
	}
}

func TestCalibrateBins(t *testing.T) {
	c := Calibrate([]float64{0, .1, .1000001, 1, .95}, []bool{false, false, true, true, true})
	if c.Bins[0].Clips != 2 || c.Bins[1].Clips != 1 || c.Bins[9].Clips != 2 || !near(c.Bins[9].Confidence, .975) || c.Bins[9].Accuracy != 1 {
		t.Errorf("bins %+v", c.Bins)
	}
	if c := Calibrate(nil, nil); c.ECE != 0 || len(c.Bins) != 10 {
		t.Errorf("of nothing: %+v", c)
	}
}

// TestFitTemperature makes probabilities that are over-confident by a known
// factor and finds it again.
func TestFitTemperature(t *testing.T) {
	honest := [3]float32{.7, .2, .1}
	sharp := Temper(honest[:], 3, 1/2.5)
	var clips []Clip
	for label, n := range []int{70, 20, 10} { // the truth follows the honest probabilities
		for range n {
			clips = append(clips, Clip{"x", label, sharp})
		}
	}
	got, err := FitTemperature(clips, 3)
	if err != nil || math.Abs(got-2.5) > 0.01 {
		t.Errorf("temperature %g, %v; want 2.5", got, err)
	}
	again := Temper(sharp, 3, got)
	for i, v := range again {
		if math.Abs(float64(v-honest[i])) > 1e-3 {
			t.Errorf("label %d is %g after tempering, want %g", i, v, honest[i])
		}
	}
	if _, err := FitTemperature(nil, 3); err == nil {
		t.Error("fitted on nothing")
	}
	if _, err := FitTemperature([]Clip{{"x", 0, []float32{2, 0, 0}}}, 3); err == nil {
		t.Error("fitted on logits")
	}
}

func TestTemperKeepsOrderAndSum(t *testing.T) {
	p := []float32{1, 0, 0, 1e-20, .5, .5}
	for _, temperature := range []float64{0.05, 1, 10} {
		q := Temper(p, 3, temperature)
		for at := 0; at < 6; at += 3 {
			sum := float64(q[at] + q[at+1] + q[at+2])
			if math.Abs(sum-1) > 1e-5 || math.IsNaN(sum) {
				t.Errorf("temperature %g: sum %g", temperature, sum)
			}
		}
		if q[0] < q[1] || q[3] > q[4] {
			t.Errorf("temperature %g changed the order: %v", temperature, q)
		}
	}
}

func TestThresholds(t *testing.T) {
	var clips []Clip
	for i := range 100 { // others: a's peaks are 0, .004, … .396; two of them stand out
		a := float32(i) * .004
		if i >= 98 {
			a = .9
		}
		clips = append(clips, Clip{"other", 1, scores([3]float32{a, 1 - a, 0})})
	}
	for i := range 10 { // own: .55 … 1
		a := float32(i)*.05 + .55
		clips = append(clips, Clip{"own", 0, scores([3]float32{a, 1 - a, 0})})
	}
	th, err := Thresholds(abc, clips, ThresholdOptions{FalseAlarms: 0.02, Hysteresis: .5, Never: -1})
	if err != nil {
		t.Fatal(err)
	}
	// Two of a hundred may: the third highest, .388, must not.
	if a := th[0]; a.On <= .388 || a.On > .39 || !near(a.Off, a.On/2) || a.Recall != 1 || !near(a.FalseAlarms, .02) || a.Own != 10 || a.Others != 100 {
		t.Errorf("threshold of a: %+v", a)
	}
	th, err = Thresholds(abc, clips, ThresholdOptions{Never: -1})
	if err != nil {
		t.Fatal(err)
	}
	if a := th[0]; a.On <= float64(float32(.9)) || a.FalseAlarms != 0 || !near(a.Recall, .2) {
		t.Errorf("threshold of a without false alarms: %+v", a)
	}
	// The two that may are background's, which may not.
	quiet := append([]Clip(nil), clips...)
	quiet[98].Label, quiet[99].Label = 2, 2
	withNever, err := Thresholds(abc, quiet, ThresholdOptions{FalseAlarms: 0.02, Never: 2})
	if err != nil {
		t.Fatal(err)
	}
	if a := withNever[0]; a.On <= float64(float32(.9)) || a.FalseAlarms != 0 {
		t.Errorf("threshold of a that background must not reach: %+v", a)
	}
	if c := th[2]; c.On != .2 || c.Recall != 0 || c.Own != 0 || c.Others != 110 {
		t.Errorf("threshold of a label without clips: %+v", c)
	}
	for _, bad := range []ThresholdOptions{{FalseAlarms: 1}, {FalseAlarms: math.NaN()}, {Least: .9, Most: .5}, {Average: -1}, {Hysteresis: 2}} {
		if _, err := Thresholds(abc, clips, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if _, err := Thresholds(abc, nil, ThresholdOptions{}); err == nil {
		t.Error("thresholds of nothing")
	}
}

func TestPeaks(t *testing.T) {
	s := []float32{.1, .9, .5, .5, .9, .1}
	for _, c := range []struct {
		average int
		want    [2]float64
	}{{1, [2]float64{.9, .9}}, {2, [2]float64{.7, .7}}, {3, [2]float64{.5, .5}}, {9, [2]float64{.5, .5}}} {
		got := Peaks(s, 2, c.average)
		if !near(got[0], c.want[0]) || !near(got[1], c.want[1]) {
			t.Errorf("average of %d: peaks %v, want %v", c.average, got, c.want)
		}
	}
}

func TestWilsonAndSpread(t *testing.T) {
	// Wilson's interval of 8 of 10, as in Brown, Cai, DasGupta 2001.
	if lo, hi := Wilson(8, 10); math.Abs(lo-.4902) > 1e-4 || math.Abs(hi-.9433) > 1e-4 {
		t.Errorf("8 of 10: %g to %g", lo, hi)
	}
	if lo, hi := Wilson(0, 0); lo != 0 || hi != 1 {
		t.Errorf("0 of 0: %g to %g", lo, hi)
	}
	if m, s := MeanSpread([]float64{1, 2, 3, 4}); m != 2.5 || !near(s, math.Sqrt(5.0/3)) {
		t.Errorf("mean %g, spread %g", m, s)
	}
	if m, s := MeanSpread([]float64{7}); m != 7 || s != 0 {
		t.Errorf("of one: %g, %g", m, s)
	}
}
