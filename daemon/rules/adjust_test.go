package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/opinion"
	"earshot/infer/smooth"
)

// house are rules of two labels and a group of both, at 44.1 kHz.
func house() *Rules {
	return &Rules{
		Smooth: smooth.Config{Labels: []string{"dog", "siren"},
			Rules:  []smooth.Rule{{On: 0.5, Off: 0.25, Hold: 44100}, {On: 0.6, Off: 0.3, Hold: 44100}},
			Groups: []smooth.Group{{ID: "alarm", Members: []int{0, 1}, Rule: smooth.Rule{On: 0.6, Off: 0.3, Hold: 44100}}}},
		Opinion: opinion.Config{Labels: []opinion.Label{{Class: 0, Candidate: 0.4, Fused: opinion.Thresholds{On: 0.5, Off: 0.25}}, {Class: -1}}},
		Watched: []Label{{ID: "dog", On: 0.5, Off: 0.25, Hold: time.Second}, {ID: "siren", On: 0.6, Off: 0.3, Hold: time.Second}, {ID: "alarm", Group: true}},
		IDs:     []string{"dog", "siren", "alarm"},
		rate:    44100,
	}
}

func TestAdjust(t *testing.T) {
	on, hold := 0.25, 3*time.Second
	var a Adjustments
	for _, k := range []Adjust{{Source: "mic", Label: "dog", On: &on}, {Source: "mic", Label: "dog", Hold: &hold}, {Source: "mic", Label: "gone", On: &on}} {
		if err := a.Set(k); err != nil {
			t.Fatal(err)
		}
	}
	base := house()
	got := base.For("mic", &a)
	want := house()
	want.Smooth.Rules[0] = smooth.Rule{On: 0.25, Off: 0.125, Hold: 3 * 44100}
	want.Smooth.Groups[0].Rule = smooth.Rule{On: 0.25, Off: 0.125, Hold: 3 * 44100}
	want.Watched[0].On, want.Watched[0].Off, want.Watched[0].Hold = 0.25, 0.125, hold
	want.Opinion.Labels[0] = opinion.Label{Class: 0, Candidate: 0.25, Fused: opinion.Thresholds{On: 0.25, Off: 0.125}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if !reflect.DeepEqual(base, house()) {
		t.Error("the rules of the configuration were changed")
	}
	if base.For("yard", &a) != base {
		t.Error("another source has other rules")
	}
	if err := a.Set(Adjust{Source: "mic", Label: "dog", Undo: true}); err != nil {
		t.Fatal(err)
	}
	if got := base.For("mic", &a); !reflect.DeepEqual(got, house()) {
		t.Errorf("undone: %+v", got)
	}
}

// TestUndoneAtASource: without a label all that counts at a source is undone, what was set everywhere goes on at the others, and
// both come back as one.
func TestUndoneAtASource(t *testing.T) {
	on := 0.25
	var a Adjustments
	for _, k := range []Adjust{{Source: "mic", Label: "dog", On: &on}, {Source: "mic", Label: "siren", On: &on}, {Source: "yard", Label: "siren", On: &on}} {
		if err := a.Set(k); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Apply(config.TunedLabel{Label: "cat", On: &on}); err != nil {
		t.Fatal(err)
	}
	counts := func(what string, mic, yard int) {
		t.Helper()
		if m, y := len(a.of("mic")), len(a.of("yard")); m != mic || y != yard {
			t.Errorf("%s: %d count at mic, %d at yard, want %d and %d", what, m, y, mic, yard)
		}
	}
	counts("set", 3, 2)
	if err := a.Set(Adjust{Source: "mic", Undo: true}, "yard"); err != nil {
		t.Fatal(err)
	}
	counts("undone", 0, 2)
	if _, err := a.Undo(); err != nil {
		t.Fatal(err)
	}
	counts("back", 3, 2)
}

// TestAdjustmentsLast: whoever sets something, the newest counts, lasts, and is undone as one.
func TestAdjustmentsLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tuned.yaml")
	on, off, hold := 0.25, 0.1, 3*time.Second
	var a, b Adjustments
	if err := a.Keep(path); err != nil {
		t.Fatal(err)
	}
	for _, k := range []Adjust{{Source: "mic", Label: "dog", On: &on}, {Source: "mic", Label: "siren", Hold: &hold}, {Source: "yard", Label: "dog", On: &on},
		{Source: "yard", Label: "dog", Undo: true}} {
		if err := a.Set(k); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Keep(path); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a.Tuned(), b.Tuned()) || len(b.Tuned().Labels) != 2 {
		t.Errorf("kept %+v, read %+v", a.Tuned(), b.Tuned())
	}
	expect := func(what string, want map[string]string) {
		t.Helper()
		for source, want := range want {
			if got := fmt.Sprint(a.of(source)["dog"]); got != want {
				t.Errorf("%s: %s has %s, want %s", what, source, got, want)
			}
		}
		if err := b.Keep(path); err != nil || !reflect.DeepEqual(a.Tuned(), b.Tuned()) {
			t.Errorf("%s: kept %+v, read %+v (%v)", what, a.Tuned(), b.Tuned(), err)
		}
	}
	back, err := a.Apply(config.TunedLabel{Label: "dog", On: &on, Off: &off, MinOn: &hold})
	if err != nil {
		t.Fatal(err)
	}
	expect("applied", map[string]string{"mic": "dog: on 0.25, off 0.1, min_on 3s", "yard": "dog: on 0.25, off 0.1, min_on 3s"})
	if got := house().For("yard", &a); got.Smooth.Rules[0] != (smooth.Rule{On: 0.25, Off: 0.1, MinOn: 3 * 44100, Hold: 44100}) {
		t.Errorf("applied: %+v", got.Smooth.Rules[0])
	}
	if err := a.Set(Adjust{Source: "mic", Label: "dog", On: &off}, "yard"); err != nil {
		t.Fatal(err)
	}
	expect("set over it", map[string]string{"mic": "dog at mic: on 0.1, min_on 3s", "yard": "dog: on 0.25, off 0.1, min_on 3s"})
	if err := a.Set(Adjust{Source: "mic", Label: "dog", Undo: true}, "yard", "hall"); err != nil {
		t.Fatal(err)
	}
	expect("default at one", map[string]string{"mic": ": ", "yard": "dog at yard: on 0.25, off 0.1, min_on 3s", "hall": "dog at hall: on 0.25, off 0.1, min_on 3s"})
	again, err := a.Undo()
	if err != nil {
		t.Fatal(err)
	}
	expect("undone", map[string]string{"mic": "dog at mic: on 0.1, min_on 3s", "yard": "dog: on 0.25, off 0.1, min_on 3s"})
	if _, err := a.Undo(); err != ErrNothingBefore {
		t.Errorf("undone twice: %v", err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	expect("not undone", map[string]string{"mic": ": ", "hall": "dog at hall: on 0.25, off 0.1, min_on 3s"})
	if err := back(); err != nil {
		t.Fatal(err)
	}
	expect("not applied", map[string]string{"mic": "dog at mic: on 0.25", "yard": ": "})
	if seen := a.Changes(); a.Take(config.Tuned{Path: path}, seen-1) != nil || len(a.Tuned().Labels) == 0 {
		t.Error("what was read before the last change counts")
	} else if a.Take(config.Tuned{Path: path}, seen) != nil || len(a.Tuned().Labels) != 0 {
		t.Error("what was read does not count")
	}
	if err := os.WriteFile(path, []byte("labels: [{label: dog, on: 7}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Keep(path); err == nil || !strings.Contains(err.Error(), "labels[0].on") || len(b.Tuned().Labels) != 0 {
		t.Errorf("%v, %+v", err, b.Tuned())
	}
	two := 2.0
	if err := a.Set(Adjust{Source: "mic", Label: "dog", On: &two}); err == nil {
		t.Error("a threshold of 2 is taken")
	}
}
