package outbox

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"earshot/internal/test/delivery"
	"earshot/publish/topic"
)

// newTest returns an outbox of one source with three sounds.
func newTest(limit int) *Outbox {
	o, err := New(Settings{Tree: topic.NewTree("earshot", "n1"), Limit: limit, Replay: time.Minute, Sources: []topic.Source{
		{Name: "mic", Title: "Microphone", Labels: []topic.Label{{ID: "dog", Title: "Dog", Watched: true}, {ID: "siren", Watched: true},
			{ID: "alarm", Group: true, Watched: true}, {ID: "rain"}}}}})
	if err != nil {
		panic(err)
	}
	return o
}

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)

func onset(label string, at time.Duration) Occurrence {
	return Occurrence{Source: "mic", Label: label, On: true, Score: 0.91234, Peak: 0.91234, Onset: epoch.Add(at)}
}

func end(label string, at, d time.Duration) Occurrence {
	return Occurrence{Source: "mic", Label: label, Score: 0.2, Peak: 0.98765, Onset: epoch.Add(at), End: epoch.Add(at + d),
		PeakAt: epoch.Add(at + d/2)}
}

// deliver sends until nothing is left and returns what arrived, in order.
func deliver(o *Outbox, now time.Time) (out []topic.Message) {
	for {
		x, ok := o.Next(now, MaxBatch, never)
		if !ok {
			return out
		}
		out = append(out, x.Messages...)
		o.Done(x)
	}
}

func on(ms []topic.Message, topic string) (out []string) {
	for _, m := range ms {
		if m.Topic == topic {
			out = append(out, string(m.Payload))
		}
	}
	return out
}

const (
	dogState = "earshot/n1/mic/dog/state"
	events   = "earshot/n1/mic/event"
)

func TestShortOutageReplaysSwitches(t *testing.T) {
	o := newTest(100)
	deliver(o, epoch)
	o.Add(onset("dog", 0), epoch)
	o.Add(end("dog", 0, time.Second), epoch.Add(time.Second))
	o.Repeat(o.Retained()...) // reconnected
	out := deliver(o, epoch.Add(10*time.Second))
	if got := fmt.Sprint(on(out, dogState)); got != "[OFF ON OFF]" {
		t.Errorf("states %s", got)
	}
	if n := len(on(out, events)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestLongOutageShowsOnlyWhatIs(t *testing.T) {
	o := newTest(100)
	deliver(o, epoch)
	for i := range 5 {
		at := time.Duration(i) * time.Minute
		o.Add(onset("dog", at), epoch.Add(at))
		o.Add(end("dog", at, time.Second), epoch.Add(at+time.Second))
	}
	o.Add(onset("siren", 5*time.Minute), epoch.Add(5*time.Minute))
	o.Repeat(o.Retained()...)
	out := deliver(o, epoch.Add(24*time.Hour))
	if got := fmt.Sprint(on(out, dogState)); got != "[OFF]" {
		t.Errorf("yesterday's barks switch the light: %s", got)
	}
	if got := fmt.Sprint(on(out, "earshot/n1/mic/siren/state")); got != "[ON]" {
		t.Errorf("siren %s", got)
	}
	if n := len(on(out, events)); n != 5 {
		t.Errorf("%d events, want 5", n)
	}
}

func TestOverflowDropsTheOldestAndKeepsTheState(t *testing.T) {
	o := newTest(4)
	deliver(o, epoch)
	o.Add(onset("siren", 0), epoch) // its switch must not be lost with it
	for i := range 10 {
		at := time.Duration(i) * time.Second
		o.Add(onset("dog", at), epoch)
		o.Add(end("dog", at, time.Second/2), epoch)
	}
	if o.stats.Dropped != 17 || o.queue.n != 4 {
		t.Errorf("dropped %d, kept %d, want 17 and 4", o.stats.Dropped, o.queue.n)
	}
	out := deliver(o, epoch)
	ids := delivery.IDs(t, on(out, events))
	if len(ids) != 2 || ids[0] >= ids[1] || ids[1] != fmt.Sprintf("mic-dog-%d", epoch.Add(9*time.Second).UnixMilli()) {
		t.Errorf("events %v", ids)
	}
	if got := string(o.wanted["earshot/n1/mic/siren/state"]); got != "ON" {
		t.Errorf("siren %s", got)
	}
	if got := string(o.wanted[dogState]); got != "OFF" {
		t.Errorf("dog sticks %s", got)
	}
}

// TestDayWithoutBroker is a sound every three seconds for 24 h.
func TestDayWithoutBroker(t *testing.T) {
	const limit = 10000
	o := newTest(limit)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for at := time.Duration(0); at < 24*time.Hour; at += 3 * time.Second {
		o.Add(onset("dog", at), epoch.Add(at))
		o.Add(end("dog", at, time.Second), epoch.Add(at+time.Second))
		n += 2
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d occurrences in 24 h: %d kept, %d dropped, heap grew by %d KiB", n, o.queue.n, o.stats.Dropped, grown>>10)
	if o.queue.n != limit || int(o.stats.Dropped) != n-limit {
		t.Errorf("kept %d, dropped %d", o.queue.n, o.stats.Dropped)
	}
	if grown > 8<<20 {
		t.Errorf("the queue took %d bytes", grown)
	}
	ids := delivery.IDs(t, on(deliver(o, epoch.Add(24*time.Hour)), events))
	if len(ids) != limit/2 {
		t.Fatalf("%d events, want %d", len(ids), limit/2)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			t.Fatalf("order: %s before %s", ids[i-1], ids[i])
		}
	}
}

// TestAgainstOracle plays random sounds, broken connections and pauses and
// holds the result against what a perfect broker would have.
func TestAgainstOracle(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := newTest(8 + r.IntN(40))
		now := epoch
		is := map[string]bool{}
		onsets := map[string]time.Duration{}
		var sent, arrived []string
		labels := []string{"dog", "siren", "alarm"}
		for step := range 400 {
			now = now.Add(time.Duration(r.IntN(20)) * time.Second)
			switch r.IntN(5) {
			case 0, 1:
				l := labels[r.IntN(3)]
				at := time.Duration(step) * time.Second
				if is[l] {
					o.Add(end(l, onsets[l], at-onsets[l]), now)
					if l != "alarm" { // a group
						sent = append(sent, fmt.Sprintf("mic-%s-%d", l, epoch.Add(onsets[l]).UnixMilli()))
					}
				} else {
					o.Add(onset(l, at), now)
					onsets[l] = at
				}
				is[l] = !is[l]
			case 2: // a batch whose acknowledgement is lost
				if x, ok := o.Next(now, MaxBatch, never); ok {
					arrived = append(arrived, delivery.IDs(t, on(x.Messages, events))...)
					o.Repeat(o.Retained()...)
				}
			default:
				if x, ok := o.Next(now, MaxBatch, never); ok {
					arrived = append(arrived, delivery.IDs(t, on(x.Messages, events))...)
					o.Done(x)
				}
			}
		}
		arrived = append(arrived, delivery.IDs(t, on(deliver(o, now), events))...)
		for _, l := range labels {
			if got := string(o.wanted["earshot/n1/mic/"+l+"/state"]); got != string(topic.Switch(is[l])) {
				t.Fatalf("seed %d: %s is %s, want %v", seed, l, got, is[l])
			}
		}
		delivery.Check(t, sent, arrived, int(o.stats.Dropped), fmt.Sprintf("seed %d", seed))
	}
}
