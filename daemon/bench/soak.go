package bench

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"earshot/internal/audio"
	"earshot/internal/subscribe"
)

// sample is what /metrics says at one moment.
type sample map[string]float64

// soaked are the figures that must stay flat.
var soaked = []struct{ metric, name, unit string }{
	{"process_resident_memory_bytes", "resident memory", "MB"},
	{"go_memstats_heap_inuse_bytes", "Go heap in use", "MB"},
	{"go_goroutines", "goroutines", ""},
	{"process_open_fds", "file descriptors", ""},
}

// Soak runs a daemon with everything on (events, clips, scores, a page that is open, a subscriber) for so long and
// compares its memory, goroutines and file descriptors in the second and the last quarter. fast plays as fast as it
// goes instead of in real time. With a microphone's name it listens to that too.
func (s Setup) Soak(length time.Duration, fast bool, microphone string, progress io.Writer) ([]Row, error) {
	path := filepath.Join(s.Dir, "soak.wav")
	if err := audio.WriteWAV16(path, lively(60*rate), rate); err != nil {
		return nil, err
	}
	page, err := freeAddress()
	if err != nil {
		return nil, err
	}
	broker, err := freeAddress()
	if err != nil {
		return nil, err
	}
	sources := fmt.Sprintf("{name: file, kind: file, paths: [%q], loop: true, realtime: %v}", path, !fast)
	if microphone != "" {
		sources += fmt.Sprintf(", {name: mic, kind: portaudio, device: %q}", microphone)
	}
	args := []string{"--set", "sources=[" + sources + "]", "--listen", page, "--set", "mqtt.embedded=" + broker, "--set", "mqtt.scores=3",
		"--set", "mqtt.diagnostics=5s", "--set", "mqtt.event_start=true", "--set", "clips.enabled=true", "--set", "clips.max_size=20MB",
		"--set", "clips.keep_free=1MB", "--set", "watch={on: 0.15, off: 0.1, hold: 1s, labels: [{label: '*'}], groups: []}"}
	c, err := s.run(args...)
	if err != nil {
		return nil, err
	}
	if err := s.pause(warmUp); err != nil {
		_ = c.stop()
		return nil, err
	}
	watching, err := http.Get("http://" + page + "/events")
	if err != nil {
		_ = c.stop()
		return nil, err
	}
	defer watching.Body.Close()
	go func() { _, _ = io.Copy(io.Discard, watching.Body) }()
	var messages atomic.Int64
	subscriber, err := subscribe.New("tcp://"+broker, "#", func(subscribe.Message) { messages.Add(1) })
	if err != nil {
		_ = c.stop()
		return nil, err
	}
	defer subscriber.Close()

	samples, err := s.watch(page, length, progress)
	if err != nil {
		_ = c.stop()
		return nil, err
	}
	rows := compareQuarters(samples)
	last := samples[len(samples)-1]
	rows = append(rows,
		Row{Name: "hours of sound", Value: last[`earshot_source_samples_total{source="file"}`] / float64(rate) / 3600, Unit: "h"},
		Row{Name: "windows dropped", Value: last[`earshot_windows_dropped_total{source="file"}`]},
		Row{Name: "events", Value: last[`earshot_events_total{source="file"}`]},
		Row{Name: "clips written", Value: last["earshot_clips_total"]},
		Row{Name: "messages at a subscriber", Value: float64(messages.Load())},
	)
	began := time.Now()
	if err := c.stop(); err != nil {
		return nil, fmt.Errorf("the daemon did not end well: %w", err)
	}
	return append(rows, Row{Name: "clean stop", Value: time.Since(began).Seconds(), Unit: "s", Aim: "≤ 2"}), nil
}

// watch scrapes /metrics until the time is over.
func (s Setup) watch(page string, length time.Duration, progress io.Writer) ([]sample, error) {
	var samples []sample
	every := max(length/120, time.Second)
	for end := time.Now().Add(length); time.Now().Before(end); {
		now, err := scrape("http://" + page + "/metrics")
		if err != nil {
			return nil, err
		}
		samples = append(samples, now)
		if len(samples)%12 == 1 {
			fmt.Fprintf(progress, "  %3d %%  %.0f MB, %.0f goroutines, %.0f descriptors\n", 100-int(100*time.Until(end)/length),
				now["process_resident_memory_bytes"]/1e6, now["go_goroutines"], now["process_open_fds"])
		}
		if err := s.pause(every); err != nil {
			return nil, err
		}
	}
	if len(samples) < 8 {
		return nil, fmt.Errorf("only %d samples in %v; want a longer soak", len(samples), length)
	}
	return samples, nil
}

func scrape(url string) (sample, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, fmt.Errorf("the daemon does not answer: %w", err)
	}
	defer response.Body.Close()
	out := sample{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			out[name] = v
		}
	}
	return out, lines.Err()
}

// compareQuarters gives the median of each figure in the second and in the last quarter; the first is settling in.
func compareQuarters(samples []sample) []Row {
	n := len(samples) / 4
	median := func(part []sample, metric string) float64 {
		var v []float64
		for _, s := range part {
			v = append(v, s[metric])
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	var rows []Row
	for _, m := range soaked {
		before, after := median(samples[n:2*n], m.metric), median(samples[len(samples)-n:], m.metric)
		if m.unit == "MB" {
			before, after = before/1e6, after/1e6
		}
		rows = append(rows,
			Row{Name: m.name + ", second quarter", Value: before, Unit: m.unit},
			Row{Name: m.name + ", last quarter", Value: after, Unit: m.unit, Aim: "the same"})
	}
	return rows
}

// lively is sound that changes every few seconds: noise, silence, tones that rise, clicks.
func lively(n int) []float32 {
	x := noise(n)
	for i := range x {
		t := float64(i) / float64(rate)
		switch int(t/5) % 4 {
		case 0:
			x[i] *= 2
		case 1:
			x[i] *= 0.003
		case 2:
			x[i] = float32(0.4 * math.Sin(2*math.Pi*(700+300*math.Sin(t))*t))
		case 3:
			if i%(rate/2) > 800 {
				x[i] *= 0.01
			}
		}
	}
	return x
}
