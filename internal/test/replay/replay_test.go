package main

import (
	"strings"
	"testing"
)

// TestDifferences: whatever differs between two runs is told, and nothing else.
func TestDifferences(t *testing.T) {
	replayed := []event{{"dog", 10, 12, 0.9}, {"cat", 20.0004, 21, 0.8}, {"dog", 30, 33, 0.7}}
	shifted := func() (live []event) {
		for _, e := range replayed {
			live = append(live, event{e.label, e.onset - 30, e.end - 30, e.peak})
		}
		return live
	}
	if apart, wrong := differences("same", shifted(), replayed, exactly); wrong != nil || apart > 1e-9 {
		t.Errorf("%q, %g apart", wrong, apart)
	}
	for name, spoil := range map[string]func([]event) []event{
		"missing": func(e []event) []event { return e[:2] },
		"label":   func(e []event) []event { e[0].label = "rain"; return e },
		"onset":   func(e []event) []event { e[0].onset += 0.01; return e },
		"end":     func(e []event) []event { e[1].end -= 0.01; return e },
		"peak":    func(e []event) []event { e[2].peak += 1e-9; return e },
	} {
		if _, wrong := differences(name, spoil(shifted()), replayed, exactly); len(wrong) == 0 || !strings.HasPrefix(wrong[0], name) {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// TestChoose: the nearest threshold that promises something else, in a direction first, and none that promises at least so much.
func TestChoose(t *testing.T) {
	c := curve{set: 2, Points: []point{{Events: 9, About: true}, {Events: 5}, {Events: 5}, {Events: 5}, {Events: 3}, {Events: 1}}}
	for _, step := range []int{1, -1} {
		if c.choose(step); c.chosen != 4 {
			t.Errorf("%+d: %d, want the point of 3 events", step, c.chosen)
		}
	}
	c.Points = c.Points[:4]
	if c.choose(1); c.chosen != c.set {
		t.Errorf("%d, want the one that is set", c.chosen)
	}
}

// TestPromises: a count or a time that was not promised is told.
func TestPromises(t *testing.T) {
	curves := map[string]*curve{"dog": {Points: []point{{On: 0.3, Off: 0.2, Events: 2, Seconds: 4}, {On: 0.5, Events: 1, Seconds: 2}}, set: 1}}
	s := session{name: "as-set", live: []event{{label: "dog"}}, on: map[string]float64{"dog": 2.04}}
	if wrong := s.promises(curves); wrong != nil {
		t.Errorf("kept: %q", wrong)
	}
	s.name = "otherwise"
	if wrong := s.promises(curves); len(wrong) != 1 {
		t.Errorf("one event where two were promised: %q", wrong)
	}
	if text := string(others(curves)); text != "labels:\n  - {label: dog, on: 0.3, off: 0.2}\n" {
		t.Errorf("overlay %q", text)
	}
}
