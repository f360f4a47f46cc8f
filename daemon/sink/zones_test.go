package sink

import (
	"fmt"
	"testing"
	"time"

	"earshot/infer/smooth"
)

// TestZones: within a second the sources of a zone tell of one sound once; other labels, zones, moments and what is
// muted are sounds of their own.
func TestZones(t *testing.T) {
	var z Zones
	z.Set(map[string]string{"a": "hall", "b": "hall", "c": "hall", "far": "yard"})
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	onset := map[[2]string]time.Time{}
	tell := func(source, label string, on bool, at time.Duration, level float64, muted bool) *Event {
		key := [2]string{source, label}
		if on {
			onset[key] = begin.Add(at)
		}
		e := &Event{Event: smooth.Event{On: on}, Source: source, ID: label, Onset: onset[key], Muted: muted}
		e.Why.LevelDBFS = level
		z.join(e)
		return e
	}
	for i, c := range []struct {
		source, label string
		on            bool
		at            time.Duration
		level         float64
		muted         bool
		same          string
		heard         string
	}{
		{"a", "dog", true, 0, -40, false, "", "[]"},
		{"b", "dog", true, 300 * time.Millisecond, -20, false, "a", "[]"},
		{"far", "dog", true, 300 * time.Millisecond, -10, false, "", "[]"},
		{"alone", "dog", true, 0, -10, false, "", "[]"},
		{"b", "cat", true, 300 * time.Millisecond, -20, false, "", "[]"},
		{"c", "dog", true, -900 * time.Millisecond, -30, false, "a", "[]"},
		{"b", "dog", false, 0, 0, false, "a", "[]"},
		{"a", "dog", false, 0, 0, false, "", "[{b -20} {c -30} {a -40}]"},
		{"c", "dog", false, 0, 0, false, "a", "[]"},
		{"b", "dog", true, 2 * time.Second, -20, false, "", "[]"}, // another bark
		{"a", "dog", true, 2500 * time.Millisecond, -20, true, "", "[]"},
		{"b", "dog", false, 0, 0, false, "", "[]"}, // nobody else heard it, as far as anybody is told
		{"b", "cat", false, 0, 0, false, "", "[]"},
		{"far", "dog", false, 0, 0, false, "", "[]"},
		{"alone", "dog", false, 0, 0, false, "", "[]"},
	} {
		e := tell(c.source, c.label, c.on, c.at, c.level, c.muted)
		if heard := fmt.Sprint(e.Heard); e.Same != c.same || heard != c.heard {
			t.Errorf("event %d, %s of %s, on %v: same as %q, heard by %s; want %q and %s", i, c.label, c.source, c.on, e.Same, heard, c.same, c.heard)
		}
	}
}

// TestZonesLoudest: who hears a sound loudest is known by all of it, and not by the moment at which each source told of it.
func TestZonesLoudest(t *testing.T) {
	var z Zones
	z.Set(map[string]string{"near": "hall", "far": "hall", "yard": "yard"})
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	tell := func(source string, on bool, level float64) *Event {
		e := &Event{Event: smooth.Event{On: on}, Source: source, ID: "dog", Onset: begin}
		e.Why.LevelDBFS = level
		z.join(e)
		return e
	}
	tell("near", true, -50) // it has just begun
	tell("far", true, -30)
	for _, s := range []Scores{{Source: "near", LevelDBFS: -20}, {Source: "far", LevelDBFS: -28}, {Source: "near", LevelDBFS: -60}, {Source: "yard", LevelDBFS: -1}} {
		z.louder(s)
	}
	if got := fmt.Sprint(tell("near", false, 0).Heard); got != "[{near -20} {far -28}]" {
		t.Errorf("heard by %s", got)
	}
	z.louder(Scores{Source: "far", LevelDBFS: 0}) // over
	if got := tell("far", false, 0); got.Same != "near" || got.Heard != nil {
		t.Errorf("%q, %v", got.Same, got.Heard)
	}
}
