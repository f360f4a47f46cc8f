package bench

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"earshot/infer"
	"earshot/internal/test/testmodel"
)

func TestOwnProcess(t *testing.T) {
	spent, err := processorTimeOf(os.Getpid())
	if err != nil || spent < 0 || (spent-processorTime()).Abs() > time.Second {
		t.Errorf("%v of processor time, rusage says %v: %v", spent, processorTime(), err)
	}
	if mb, err := residentMB(os.Getpid()); err != nil || mb < 1 || mb > 4096 {
		t.Errorf("%g MB resident: %v", mb, err)
	}
	if _, err := processorTimeOf(1 << 30); err == nil {
		t.Error("no such process, and no error")
	}
}

func TestCompareOrders(t *testing.T) {
	work := func(n int) func() {
		return func() {
			x := 1.0
			for range n {
				x *= 1.0000001
			}
			sink = x
		}
	}
	times := compare(threadClock, 50*time.Millisecond, work(100), work(100_000))
	if times[0] <= 0 || times[1] < 20*times[0] {
		t.Errorf("a thousand times the work takes %v against %v", times[1], times[0])
	}
}

var sink float64

func TestNearest(t *testing.T) {
	start := time.Now()
	m := &metronome{}
	for i := range 100 {
		m.entered = append(m.entered, start.Add(time.Duration(i)*10*time.Millisecond))
	}
	for offset, want := range map[time.Duration]int{-time.Second: 0, 0: 0, 4 * time.Millisecond: 0, 6 * time.Millisecond: 1, 500 * time.Millisecond: 50, time.Hour: 99} {
		if got := m.nearest(start.Add(offset)); !got.Equal(m.entered[want]) {
			t.Errorf("%v: %v, want entry %d", offset, got.Sub(start), want)
		}
	}
}

func TestScrapeAndQuarters(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# HELP x y\ngo_goroutines 7\nearshot_label_on{label=\"a b\",source=\"s\"} 1\n"))
	}))
	defer server.Close()
	s, err := scrape(server.URL)
	if err != nil || s["go_goroutines"] != 7 {
		t.Fatalf("%v, %v", s, err)
	}
	var samples []sample
	for i := range 16 {
		v := 1.0
		if i >= 12 {
			v = 2
		}
		samples = append(samples, sample{"go_goroutines": v})
	}
	for _, r := range compareQuarters(samples) {
		if strings.HasPrefix(r.Name, "goroutines, second") && r.Value != 1 || strings.HasPrefix(r.Name, "goroutines, last") && r.Value != 2 {
			t.Errorf("%+v", r)
		}
	}
}

// TestMeasurements lets every measurement that needs no other process run, briefly.
func TestMeasurements(t *testing.T) {
	for _, r := range FrontEnd(20 * time.Millisecond) {
		if strings.HasPrefix(r.Name, "allocations") {
			if r.Value != 0 {
				t.Errorf("%+v", r)
			}
		} else if r.Value <= 0 {
			t.Errorf("%+v", r)
		}
	}
	onnx := testmodel.New("dog", "siren").Bytes()
	m, err := infer.ParseModel("test", onnx)
	if err != nil {
		t.Fatal(err)
	}
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	if rows, err := Inference(m, "cpu", 20*time.Millisecond); err != nil || len(rows) != 4 {
		t.Errorf("%v, %v", rows, err)
	}
	s := Setup{Context: t.Context(), BuiltIn: func() []byte { return onnx }, Dir: t.TempDir()}
	if rows, err := s.Pipeline(20 * time.Second); err != nil || rows[0].Value <= 0 {
		t.Errorf("%v, %v", rows, err)
	}
	if rows, err := s.Latency(4 * time.Second); err != nil || rows[2].Value < 1 {
		t.Errorf("%v, %v", rows, err)
	}
}
