package publish

import (
	"context"
	"testing"
	"time"
)

// quick are waits that make tests short; none of them decides a test.
var quick = Timing{SelfCheck: 5 * time.Minute, Debounce: 50 * time.Millisecond, Birth: 50 * time.Millisecond, Settle: 200 * time.Millisecond,
	BackoffMin: 20 * time.Millisecond, BackoffMax: 200 * time.Millisecond}

func testSources() []Source {
	return []Source{{Name: "mic", Title: "Microphone", Labels: []Label{
		{ID: "dog", Title: "Dog", Watched: true}, {ID: "siren", Watched: true},
		{ID: "alarm", Group: true, Watched: true}, {ID: "rain"}}}}
}

func testConfig(broker string) Config {
	return Config{NodeID: "n1", Broker: broker, Discovery: true, Sources: testSources(), Timing: quick,
		Device: Device{Name: "Hallway", Model: "ACRNN ESC-50", SWVersion: "0.1.0", Area: "Hall", URL: "http://hallway.lan:8090/"}}
}

// running is a publisher under way.
type running struct {
	*Publisher
	cancel context.CancelFunc
	done   chan error
}

func run(t *testing.T, c Config) *running {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{p, cancel, make(chan error, 1)}
	go func() { r.done <- p.Run(ctx) }()
	t.Cleanup(func() { r.stop(t) })
	return r
}

func (r *running) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		r.done <- nil
		if err != nil {
			t.Error(err)
		}
	case <-time.After(hang):
		t.Fatal("Run does not end")
	}
}

func (r *running) up(t *testing.T) {
	t.Helper()
	eventually(t, "connected", func() bool { return r.Health().OK })
}

// settled waits until nothing is left to send.
func (r *running) settled(t *testing.T) {
	t.Helper()
	eventually(t, "all sent", func() bool {
		s := r.Stats()
		return r.Health().Connected && (s.Discoveries > 0 || !r.cfg.Discovery) && s.Unsaid == 0 && s.Queued == 0
	})
}

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)

const (
	dogState = "earshot/n1/mic/dog/state"
	events   = "earshot/n1/mic/event"
)

func onset(label string, at time.Duration) Occurrence {
	return Occurrence{Source: "mic", Label: label, On: true, Score: 0.91234, Peak: 0.91234, Onset: epoch.Add(at)}
}

func end(label string, at, d time.Duration) Occurrence {
	return Occurrence{Source: "mic", Label: label, Score: 0.2, Peak: 0.98765, Onset: epoch.Add(at), End: epoch.Add(at + d),
		PeakAt: epoch.Add(at + d/2)}
}

func TestLifeOnARealBroker(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	r := run(t, testConfig(m.URL()))
	r.up(t)
	l.expect("earshot/n1/availability", "online")
	l.expect("earshot/n1/mic/availability", "offline")
	r.SourceAvailable("mic", true, "")
	l.expect("earshot/n1/mic/availability", "online")
	l.expect("earshot/n1/mic/dog/state", "OFF") // at start, for every label
	l.expect("earshot/n1/mic/alarm/state", "OFF")
	r.Occurrence(onset("dog", 0))
	l.expect("earshot/n1/mic/dog/state", "ON")
	l.expect("earshot/n1/mic/dog/attributes", `{"state":"ON","score":0.9123,"onset":"2026-11-22T12:00:00.123Z","last_on":"2026-11-22T12:00:00.123Z","duration":null,"count":1}`)
	l.expect("earshot/n1/mic/last", `{"label":"dog","score":0.9123,"onset":"2026-11-22T12:00:00.123Z"}`)
	r.Occurrence(end("dog", 0, 2*time.Second))
	l.expect("earshot/n1/mic/dog/state", "OFF")
	l.expect("earshot/n1/mic/dog/attributes", `{"state":"OFF","score":0.9877,"onset":"2026-11-22T12:00:00.123Z","last_on":"2026-11-22T12:00:02.123Z","duration":2,"count":1}`)
	l.expect("earshot/n1/mic/event", `{"event_type":"dog","phase":"end","id":"mic-dog-1795348800123","score":0.9877,"onset":"2026-11-22T12:00:00.123Z","end":"2026-11-22T12:00:02.123Z","duration":2,"peak_at":"2026-11-22T12:00:01.123Z"}`)
	r.settled(t)
	if n := len(l.on("earshot/n1/mic/event")); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	if got := l.on("earshot/n1/mic/rain/state"); got != nil {
		t.Errorf("an unwatched label is published: %q", got)
	}
	r.stop(t)
	kept := m.retained()
	for topic, want := range map[string]string{"earshot/n1/availability": "offline", "earshot/n1/mic/availability": "offline",
		"earshot/n1/mic/dog/state": "OFF"} {
		if kept[topic] != want {
			t.Errorf("after the end %s = %q, want %q", topic, kept[topic], want)
		}
	}
	if _, bad := kept["earshot/n1/mic/event"]; bad {
		t.Error("an event is retained")
	}
	if kept["homeassistant/device/earshot_n1/config"] == "" {
		t.Error("the discovery configuration is not retained")
	}
}
