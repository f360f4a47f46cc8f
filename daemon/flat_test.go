package daemon

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"earshot/daemon/status"
)

// TestStaysFlat plays hours of sound as fast as it goes with everything on (events, scores, clips, an open page)
// and looks for what grows: heap after a collection, goroutines, open files. The tests' small model makes an hour
// cost a few seconds; "earshot bench soak" does the same with the real one in a process of its own.
func TestStaysFlat(t *testing.T) {
	hours := []float64{0.05, 0.2} // of sound, at which to look; some thousand events an hour
	path := wav(t, "dog", 1.5, "", 1.7, "siren", 1.5, "", 1.7, "rain", 1.5, "", 1.7)
	r := newRig(t, quick+"sources: [{name: src, kind: file, paths: ['"+path+"'], realtime: false, loop: true}]\n"+
		"mqtt: {scores: 2, diagnostics: 1s, event_start: true}\nclips: {enabled: true, max_size: 5MB, keep_free: 1MB, dir: '"+patientDir(t)+"'}\n")
	r.start()
	ready := <-r.ready
	watching, err := http.Get(ready.Page + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer watching.Body.Close()
	go func() { _, _ = io.Copy(io.Discard, watching.Body) }()

	type moment struct {
		heapMB       float64
		goroutines   int
		files        int
		heard, clips int64
	}
	look := func(hours float64) moment {
		t.Helper()
		var s status.Status
		for end := time.Now().Add(5 * hang); ; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%g h of sound are not through", hours)
			}
			response, err := http.Get(ready.Page + "status")
			if err != nil {
				t.Fatal(err)
			}
			err = json.NewDecoder(response.Body).Decode(&s)
			response.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if float64(s.Sources[0].Samples) >= hours*3600*44100 {
				break
			}
			r.house.forget()
		}
		var m runtime.MemStats
		least := moment{heapMB: 1e9, goroutines: 1 << 20, files: 1 << 20}
		for range 10 { // a clip, or messages, may be on their way just now: the least of several looks
			runtime.GC()
			runtime.ReadMemStats(&m)
			files, err := os.ReadDir("/proc/self/fd")
			if err != nil {
				t.Fatal(err)
			}
			least.heapMB = min(least.heapMB, float64(m.HeapAlloc)/1e6)
			least.goroutines, least.files = min(least.goroutines, runtime.NumGoroutine()), min(least.files, len(files))
			time.Sleep(20 * time.Millisecond)
		}
		least.heard, least.clips = s.Sources[0].Events, s.Clips.Written
		return least
	}
	first, last := look(hours[0]), look(hours[1])
	t.Logf("after %g h: %+v; after %g h: %+v", hours[0], first, hours[1], last)
	if last.heapMB > first.heapMB+12 { // a clip under way is up to 5 MB, in the encoder as much again
		t.Errorf("the heap grew from %.1f to %.1f MB", first.heapMB, last.heapMB)
	}
	if last.goroutines > first.goroutines+5 || last.files > first.files+5 {
		t.Errorf("goroutines %d → %d, files %d → %d", first.goroutines, last.goroutines, first.files, last.files)
	}
	if last.heard <= first.heard {
		t.Error("nothing was heard any more")
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// patientDir is a folder that is removed in the end, however long the last clip's
// writer (which a stop waits for one second at most) still puts files into it.
func patientDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "earshot-flat-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for end := time.Now().Add(hang); os.RemoveAll(dir) != nil; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Errorf("%s is still being written to", dir)
				return
			}
		}
	})
	return dir
}
