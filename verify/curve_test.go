package verify

import (
	"reflect"
	"strings"
	"testing"
)

// aCurve has one label whose false events fall as its threshold rises, and its clips with them.
func aCurve() Curve {
	return Curve{Steps: []float64{0.3, 0.5, 0.7, 0.9}, Labels: map[string]Tradeoff{
		"dog":  {Hours: 10, Events: []int{50, 10, 1, 0}, Clips: 20, Heard: []int{20, 19, 18, 10}, Others: 100, Wrong: []int{9, 2, 0, 0}},
		"loud": {Hours: 10, Events: []int{50, 10, 4, 2}, Heard: []int{0, 0, 0, 0}, Wrong: []int{0, 0, 0, 0}},
		"new":  {Hours: 10, Events: []int{0, 0, 0, 0}, Heard: []int{0, 0, 0, 0}, Wrong: []int{0, 0, 0, 0}},
	}}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name, label string
		w           Wish
		want        Found
	}{
		{"the lowest that is quiet enough", "dog", Wish{PerHour: 1}, Found{0.5, 1, 0.95}},
		{"too few hours to tell: none at all", "dog", Wish{PerHour: 0.05}, Found{0.9, 0, 0.5}},
		{"never below the least", "dog", Wish{PerHour: 100, Least: 0.6}, Found{0.7, 0.1, 0.9}},
		{"none is quiet enough: the highest", "loud", Wish{PerHour: 0.1}, Found{0.9, 0.2, -1}},
		{"nothing is known of recall", "new", Wish{}, Found{0.3, 0, -1}},
	} {
		got, ok := aCurve().Choose(c.label, c.w)
		if !ok || got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	if _, ok := aCurve().Choose("cat", Wish{}); ok {
		t.Error("a threshold for a label that the curve does not have")
	}
}

func TestBalance(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Price
		want float64
	}{
		{"false alarms cost nothing: all recall", Price{}, 0.3},
		{"one an hour is worth more than a clip of twenty", Price{Event: 0.06}, 0.7},
		{"they cost everything", Price{Event: 100}, 0.9},
		{"other clips count", Price{Wrong: 1}, 0.5},
		{"never below the least", Price{Least: 0.5}, 0.5},
	} {
		if got, ok := aCurve().Balance("dog", c.p); !ok || got.On != c.want {
			t.Errorf("%s: %+v, want %g", c.name, got, c.want)
		}
	}
	plateau := Curve{Steps: []float64{0.3, 0.5, 0.7, 0.8, 0.9}, Labels: map[string]Tradeoff{
		"bell": {Hours: 10, Events: []int{9, 0, 0, 0, 0}, Clips: 20, Heard: []int{20, 20, 20, 20, 10}, Others: 100, Wrong: []int{0, 0, 0, 0, 0}}}}
	if got, _ := plateau.Balance("bell", Price{Event: 0.08}); got.On != 0.7 {
		t.Errorf("of steps that are equally good: %g, want the middle one, 0.7", got.On)
	}
	for _, label := range []string{"new", "cat"} {
		if got, ok := aCurve().Balance(label, Price{}); ok {
			t.Errorf("a balance for %s, of whose clips nothing is known: %+v", label, got)
		}
	}
}

func TestCurveRoundTrip(t *testing.T) {
	c := aCurve()
	b, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseCurve(b)
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%+v, %v; want %+v", got, err, c)
	}
	good := string(b)
	for want, text := range map[string]string{
		"version 7":    strings.Replace(good, `"version":1`, `"version":7`, 1),
		"more follows": good + "{}",
		"unknown":      strings.Replace(good, `"steps"`, `"steps2"`, 1),
		"step 1 is":    strings.Replace(good, `0.5`, `0.2`, 1),
		"events":       strings.Replace(good, `[50,10,1,0]`, `[50,10,1]`, 1),
		"heard":        strings.Replace(good, `[20,19,18,10]`, `[21,19,18,10]`, 1),
		"at most":      strings.Repeat(" ", maxCurveBytes+1),
		"JSON":         "[]",
	} {
		if _, err := ParseCurve([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something on %q", err, want)
		}
	}
}

func TestWithClips(t *testing.T) {
	c, clips := aCurve(), aCurve()
	d := clips.Labels["new"]
	d.Clips, d.Heard, d.Hours = 8, []int{8, 8, 8, 1}, 99
	clips.Labels["new"] = d
	got, err := c.WithClips(clips)
	if err != nil || got.Labels["new"].Clips != 8 || got.Labels["new"].Hours != 10 || c.Labels["new"].Clips != 0 {
		t.Errorf("%+v, %v", got.Labels["new"], err)
	}
	clips.Steps = clips.Steps[1:]
	if _, err := c.WithClips(clips); err == nil {
		t.Error("curves of other steps go together")
	}
}

// A score below the candidate is the first network's; the range of patches is what the Verifier takes.
func TestScoreBelowCandidate(t *testing.T) {
	f := DefaultFusion
	if got := f.Score(0.009, 0.99, 0); got != 0.009 {
		t.Errorf("%g, want the first network's 0.009", got)
	}
	if got, want := f.Score(0.2, 0.9, 0.4), float32(f.Fuse(float64(float32(0.2)), float64(float32(0.9)), float64(float32(0.4)))); got != want {
		t.Errorf("%g, want %g", got, want)
	}
}
