package daemon

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/daemon/capture/demo"
	"earshot/infer/builtin"
)

// TestDemoRecording: what a first run shows. The shipped network names every sound of the bundled recording, at
// its time, and nothing else.
func TestDemoRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "demo.flac")
	if err := os.WriteFile(path, demo.FLAC, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, fileSource(path, true)) // the labels and thresholds of every day
	r.opts.BuiltIn = builtin.Default
	r.start()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	events := slices.DeleteFunc(r.published(t), func(e eventPayload) bool { return e.Type == "alarm" }) // the group
	if len(events) != len(demo.Script) {
		t.Fatalf("%d events, want %d: %+v", len(events), len(demo.Script), events)
	}
	for i, want := range demo.Script {
		since := events[i].Onset.Sub(events[0].Onset).Seconds()
		if off := since - (want.Onset - demo.Script[0].Onset); events[i].Type != want.Label || math.Abs(off) > 2 {
			t.Errorf("event %d: %s %.1f s after the first, want %s %.1f s", i, events[i].Type, since, want.Label, want.Onset-demo.Script[0].Onset)
		}
	}
}
