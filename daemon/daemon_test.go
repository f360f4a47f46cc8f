package daemon

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// quick makes events come and go at window pace.
const quick = "watch: {hold: 0s, labels: [{label: dog}, {label: siren}, {label: rain}], groups: []}\nsmoothing: {windows: 1}\n"

func fileSource(path string, fast bool) string {
	return fmt.Sprintf("sources: [{name: src, kind: file, paths: [%q], realtime: %v}]\n", path, !fast)
}

// TestFileToSubscriber: a file as fast as possible, its labels in order at a subscriber, and a clean end.
func TestFileToSubscriber(t *testing.T) {
	path := wav(t, "", 2.0, "dog", 4.0, "", 3.0, "siren", 5.0, "", 3.0, "dog", 3.0)
	r := newRig(t, quick+fileSource(path, true))
	r.start()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	events := r.published(t)
	var got []string
	for _, e := range events {
		got = append(got, e.Type)
	}
	if want := []string{"dog", "siren", "dog"}; !slices.Equal(got, want) {
		t.Fatalf("events %v, want %v", got, want)
	}
	for i, want := range []float64{4, 5, 3} {
		if math.Abs(events[i].Duration-want) > 1.6 { // a window is 1.5 s long
			t.Errorf("event %d lasted %g s, want %g", i, events[i].Duration, want)
		}
	}
	if apart := events[1].Onset.Sub(events[0].Onset).Seconds(); math.Abs(apart-7) > 1 {
		t.Errorf("onsets are %g s apart, want 7", apart)
	}
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	for _, label := range []string{"dog", "siren", "rain"} {
		states := on(r.house.all, "/src/"+label+"/state")
		if len(states) == 0 || states[len(states)-1] != "OFF" {
			t.Errorf("%s ends in state %v", label, states)
		}
	}
	if got := on(r.house.all, "/src/dog/state"); !slices.Equal(slices.Compact(got), []string{"OFF", "ON", "OFF", "ON", "OFF"}) {
		t.Errorf("dog's states %v", got)
	}
}

// TestStopsClean: a stop in the middle of a sound says OFF and offline, soon.
func TestStopsClean(t *testing.T) {
	path := wav(t, "dog", 20.0)
	r := newRig(t, quick+fileSource(path, false))
	r.start()
	r.house.wait(t, "dog ON", has("/src/dog/state", "ON"))
	began := time.Now()
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped within %v", time.Since(began))
	r.house.wait(t, "offline", has("earshot/n1/availability", "offline"))
	r.house.wait(t, "dog OFF", func(all []message) bool {
		states := on(all, "/src/dog/state")
		return states[len(states)-1] == "OFF"
	})
}

// TestAllFailed: a source that cannot play ends the daemon with an error that names source and file.
func TestAllFailed(t *testing.T) {
	r := newRig(t, quick+fileSource("/nowhere/x.wav", true))
	r.start()
	err := r.end()
	if err == nil || !strings.Contains(err.Error(), "source src") || !strings.Contains(err.Error(), "/nowhere/x.wav") {
		t.Fatalf("got %v", err)
	}
}
