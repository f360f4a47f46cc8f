package daemon

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"earshot/daemon/status"
	"earshot/infer"
	"earshot/internal/test/testmodel"
)

// overloadHop is frames from window to window in the overload test; window and queue as the daemon has them.
const (
	overloadHop   = 8
	overloadQueue = 8
)

// slowModel takes four times as long for a window as the next one needs to come, as fast as this machine is now: if it is busy now and twice as
// fast in the test, that is still an overload.
func slowModel(t *testing.T) []byte {
	t.Helper()
	const probe = 8
	seconds := func(work int) float64 {
		spec := testmodel.New(testLabels...)
		spec.Work = work
		m, err := infer.ParseModel("slow", spec.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		path, err := infer.FindLibrary("")
		if err != nil {
			t.Fatal(err)
		}
		if err := infer.Init(path); err != nil {
			t.Fatal(err)
		}
		s, err := infer.NewSession(m, infer.Options{Provider: "cpu", Threads: 1, MaxBatch: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		best := math.Inf(1)
		for range 5 {
			began := time.Now()
			if _, _, err := s.Run(make([]float32, infer.WindowLen), 1); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(began).Seconds())
		}
		return best
	}
	hop := overloadHop * 512 / 44100.0
	work := int(4*hop/(seconds(probe)/probe)) + 1
	t.Logf("a window every %.0f ms; one takes %.0f ms, %d products", 1000*hop, 1000*seconds(work), work)
	spec := testmodel.New(testLabels...)
	spec.Work = work
	return spec.Bytes()
}

// TestOverload lets sound come in faster by far than the network computes: the lag and the memory stay bounded, and
// what is dropped is counted and told. EARSHOT_OVERLOAD=10m makes it last.
func TestOverload(t *testing.T) {
	length := 8 * time.Second
	if text := os.Getenv("EARSHOT_OVERLOAD"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	slow := slowModel(t)
	r := newRig(t, quick+fmt.Sprintf("sources: [%s]\nwindows: {hop_frames: %d, queue: %d}\ninference: {max_batch: 1, provider: cpu}\nmqtt: {diagnostics: 1s}\n",
		loop("src", wav(t, "dog", 3.0, "", 3.0)), overloadHop, overloadQueue))
	r.opts.BuiltIn = func() []byte { return slow }
	r.start()
	page := (<-r.ready).Page
	look := func() (s status.Source, heapMB float64) {
		t.Helper()
		response, err := http.Get(page + "status")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var all status.Status
		if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
			t.Fatal(err)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return all.Sources[0], float64(m.HeapAlloc) / 1e6
	}
	// Queued, at the network, in the reporter's inbox; without a bound most windows would come to wait.
	const mayWait = overloadQueue + 12
	var early status.Source
	var earlyMB, most float64
	began := time.Now()
	for time.Since(began) < length {
		s, heapMB := look()
		frames := float64(s.Samples-1024)/512 + 1
		lag := math.Floor((frames-128)/overloadHop) + 1 - float64(s.Windows+s.Dropped)
		if most = max(most, lag); lag > mayWait {
			t.Fatalf("%.0f windows wait after %v; at most %d may", lag, time.Since(began), mayWait)
		}
		if time.Since(began) < length/4 {
			early, earlyMB = s, heapMB
			r.house.forget()
		}
		time.Sleep(length / 100)
	}
	late, lateMB := look()
	part := float64(late.Dropped) / float64(late.Dropped+late.Windows)
	t.Logf("%v: %d windows scored, %d dropped (%.0f %%), at most %.0f waited; latency p99 %.0f ms after a quarter, %.0f ms at the end; heap %.1f → %.1f MB",
		length, late.Windows, late.Dropped, 100*part, most, early.LatencyP99, late.LatencyP99, earlyMB, lateMB)
	if part < 0.25 || late.Windows == 0 {
		t.Errorf("%d of %d windows were dropped: that is no overload", late.Dropped, late.Dropped+late.Windows)
	}
	if lateMB > earlyMB+8 {
		t.Errorf("the heap grew from %.1f to %.1f MB", earlyMB, lateMB)
	}
	var told struct {
		Dropped int64 `json:"dropped_windows"`
	}
	r.house.wait(t, "the loss is told", func(all []message) bool {
		said := on(all, "n1/diagnostics")
		return len(said) > 0 && json.Unmarshal([]byte(said[len(said)-1]), &told) == nil && told.Dropped >= late.Dropped
	})
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
