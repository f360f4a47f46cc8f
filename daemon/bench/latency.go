package bench

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/sampletime"
	"earshot/internal/subscribe"
	"earshot/ringbuf"
)

// metronome is a microphone that gives a block of noise every 11.6 ms and remembers when each entered.
type metronome struct {
	x []float32

	mu      sync.Mutex // guards entered
	entered []time.Time
}

// Run implements capture.Source.
func (m *metronome) Run(ctx context.Context, sink capture.Sink) error {
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		due := began.Add(sampletime.Span(int64(n+1)*ringbuf.BlockSamples, rate))
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		at := n * ringbuf.BlockSamples % (len(m.x) - ringbuf.BlockSamples)
		m.mu.Lock()
		m.entered = append(m.entered, time.Now())
		m.mu.Unlock()
		sink.Write(m.x[at : at+ringbuf.BlockSamples])
	}
}

// nearest is when the block entered that completed a window at about the time given.
func (m *metronome) nearest(at time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, _ := slices.BinarySearchFunc(m.entered, at, time.Time.Compare)
	best := m.entered[min(i, len(m.entered)-1)]
	if i > 0 && at.Sub(m.entered[i-1]) < best.Sub(at).Abs() {
		best = m.entered[i-1]
	}
	return best
}

// Latency measures from a window's last sample entering the ring to its message at a subscriber of the broker.
// Every window has one: its scores. The hop is 8 frames, so that there are many.
func (s Setup) Latency(length time.Duration) ([]Row, error) {
	m := &metronome{x: noise(10 * rate)}
	d, err := s.start(map[string]string{"windows.hop_frames": "8", "mqtt.scores": "1", "smoothing.windows": "1"}, nil, m)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var delays []time.Duration
	subscriber, err := subscribe.New(d.ready.Broker, "#", func(msg subscribe.Message) {
		var payload struct {
			At time.Time `json:"at"`
		}
		if !strings.HasSuffix(msg.Topic, "/scores") || json.Unmarshal(msg.Payload, &payload) != nil || payload.At.IsZero() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		delays = append(delays, msg.At.Sub(m.nearest(payload.At)))
	})
	if err != nil {
		return nil, errors.Join(err, d.end())
	}
	select {
	case <-time.After(length):
	case <-s.Context.Done():
	case err := <-d.done:
		subscriber.Close()
		return nil, err
	}
	subscriber.Close()
	if err := d.end(); err != nil {
		return nil, err
	}
	if err := s.Context.Err(); err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	if len(delays) == 0 {
		return nil, errors.New("no message arrived at the subscriber")
	}
	slices.Sort(delays)
	return []Row{
		{"last sample in the ring → subscriber, p50", millis(quantile(delays, 0.5)), "ms", "", ""},
		{"last sample in the ring → subscriber, p99", millis(quantile(delays, 0.99)), "ms", "≤ 25", ""},
		{"messages measured", float64(len(delays)), "", "", ""},
	}, nil
}
