package rules

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

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

// TestEach: what names no label is about all that are watched, a group's members themselves.
func TestEach(t *testing.T) {
	var got []string
	for _, a := range house().Each(Adjust{Source: "mic", Undo: true}) {
		if a.Source != "mic" || !a.Undo {
			t.Errorf("%+v", a)
		}
		got = append(got, a.Label)
	}
	if !reflect.DeepEqual(got, []string{"dog", "siren"}) {
		t.Errorf("labels %q", got)
	}
	if one := house().Each(Adjust{Source: "mic", Label: "dog"}); len(one) != 1 || one[0].Label != "dog" {
		t.Errorf("one label: %+v", one)
	}
}

func TestAdjustmentsLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "thresholds.json")
	on, hold := 0.25, 3*time.Second
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
	if !reflect.DeepEqual(a.all, b.all) || len(b.all) != 2 {
		t.Errorf("kept %+v, read %+v", a.all, b.all)
	}
	for text, fault := range map[string]string{
		`[{"source":"mic","label":"dog","on":7},{"source":"mic","label":"dog","hold":-1}]`: "",
		`{`: "thresholds of the last run",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := b.Keep(path); (err != nil) != (fault != "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v", text, err)
		}
		if len(b.all) != 0 {
			t.Errorf("%s: %+v", text, b.all)
		}
	}
	two := 2.0
	if err := a.Set(Adjust{Source: "mic", Label: "dog", On: &two}); err == nil {
		t.Error("a threshold of 2 is taken")
	}
}
