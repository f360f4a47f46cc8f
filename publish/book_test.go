package publish

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

func newTestBook(limit int) *book {
	c := testConfig("tcp://h").withDefaults()
	c.QueueLimit = limit
	return newBook(topics{"earshot/n1"}, c)
}

// deliver sends until nothing is left and returns what arrived, in order.
func deliver(b *book, now time.Time) (out []message) {
	for {
		x, ok := b.next(now, batchTopics, never)
		if !ok {
			return out
		}
		out = append(out, x.messages...)
		b.done(x)
	}
}

func on(ms []message, topic string) (out []string) {
	for _, m := range ms {
		if m.topic == topic {
			out = append(out, string(m.payload))
		}
	}
	return out
}

func eventIDs(t testing.TB, payloads []string) (out []string) {
	for _, s := range payloads {
		var e eventPayload
		if err := json.Unmarshal([]byte(s), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e.ID)
	}
	return out
}

const (
	dogState = "earshot/n1/mic/dog/state"
	events   = "earshot/n1/mic/event"
)

func TestShortOutageReplaysSwitches(t *testing.T) {
	b := newTestBook(100)
	deliver(b, epoch)
	b.add(onset("dog", 0), epoch)
	b.add(end("dog", 0, time.Second), epoch.Add(time.Second))
	b.markAll() // reconnected
	out := deliver(b, epoch.Add(10*time.Second))
	if got := fmt.Sprint(on(out, dogState)); got != "[OFF ON OFF]" {
		t.Errorf("states %s", got)
	}
	if n := len(on(out, events)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestLongOutageShowsOnlyWhatIs(t *testing.T) {
	b := newTestBook(100)
	deliver(b, epoch)
	for i := range 5 {
		at := time.Duration(i) * time.Minute
		b.add(onset("dog", at), epoch.Add(at))
		b.add(end("dog", at, time.Second), epoch.Add(at+time.Second))
	}
	b.add(onset("siren", 5*time.Minute), epoch.Add(5*time.Minute))
	b.markAll()
	out := deliver(b, epoch.Add(24*time.Hour))
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
	b := newTestBook(4)
	deliver(b, epoch)
	b.add(onset("siren", 0), epoch) // its switch must not be lost with it
	for i := range 10 {
		at := time.Duration(i) * time.Second
		b.add(onset("dog", at), epoch)
		b.add(end("dog", at, time.Second/2), epoch)
	}
	if b.dropped != 17 || b.queue.n != 4 {
		t.Errorf("dropped %d, kept %d, want 17 and 4", b.dropped, b.queue.n)
	}
	out := deliver(b, epoch)
	ids := eventIDs(t, on(out, events))
	if len(ids) != 2 || ids[0] >= ids[1] || ids[1] != fmt.Sprintf("mic-dog-%d", epoch.Add(9*time.Second).UnixMilli()) {
		t.Errorf("events %v", ids)
	}
	if got := string(b.wanted["earshot/n1/mic/siren/state"]); got != "ON" {
		t.Errorf("siren %s", got)
	}
	if got := string(b.wanted[dogState]); got != "OFF" {
		t.Errorf("dog sticks %s", got)
	}
}

// TestDayWithoutBroker is a sound every three seconds for 24 h.
func TestDayWithoutBroker(t *testing.T) {
	const limit = 10000
	b := newTestBook(limit)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for at := time.Duration(0); at < 24*time.Hour; at += 3 * time.Second {
		b.add(onset("dog", at), epoch.Add(at))
		b.add(end("dog", at, time.Second), epoch.Add(at+time.Second))
		n += 2
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d occurrences in 24 h: %d kept, %d dropped, heap grew by %d KiB", n, b.queue.n, b.dropped, grown>>10)
	if b.queue.n != limit || int(b.dropped) != n-limit {
		t.Errorf("kept %d, dropped %d", b.queue.n, b.dropped)
	}
	if grown > 8<<20 {
		t.Errorf("the queue took %d bytes", grown)
	}
	ids := eventIDs(t, on(deliver(b, epoch.Add(24*time.Hour)), events))
	if len(ids) != limit/2 {
		t.Fatalf("%d events, want %d", len(ids), limit/2)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			t.Fatalf("order: %s before %s", ids[i-1], ids[i])
		}
	}
}

// TestBookAgainstOracle plays random sounds, broken connections and pauses and
// holds the result against what a perfect broker would have.
func TestBookAgainstOracle(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := newTestBook(8 + r.IntN(40))
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
					b.add(end(l, onsets[l], at-onsets[l]), now)
					sent = append(sent, fmt.Sprintf("mic-%s-%d", l, epoch.Add(onsets[l]).UnixMilli()))
				} else {
					b.add(onset(l, at), now)
					onsets[l] = at
				}
				is[l] = !is[l]
			case 2: // a batch whose acknowledgement is lost
				if x, ok := b.next(now, batchTopics, never); ok {
					arrived = append(arrived, eventIDs(t, on(x.messages, events))...)
					b.markAll()
				}
			default:
				if x, ok := b.next(now, batchTopics, never); ok {
					arrived = append(arrived, eventIDs(t, on(x.messages, events))...)
					b.done(x)
				}
			}
		}
		arrived = append(arrived, eventIDs(t, on(deliver(b, now), events))...)
		for _, l := range labels {
			if got := string(b.wanted["earshot/n1/mic/"+l+"/state"]); got != string(onOff(is[l])) {
				t.Fatalf("seed %d: %s is %s, want %v", seed, l, got, is[l])
			}
		}
		checkDelivery(t, sent, arrived, int(b.dropped), fmt.Sprintf("seed %d", seed))
	}
}

// checkDelivery holds arrived against sent: in order, nothing invented, twice
// only one right after the other, and no more missing than were dropped.
func checkDelivery(t testing.TB, sent, arrived []string, mayMiss int, what string) (twice int) {
	t.Helper()
	at, missing := 0, 0
	for i, id := range arrived {
		if i > 0 && id == arrived[i-1] {
			twice++
			continue
		}
		for at < len(sent) && sent[at] != id {
			at++
			missing++
		}
		if at == len(sent) {
			t.Fatalf("%s: %s arrived out of order or was never sent", what, id)
		}
		at++
	}
	missing += len(sent) - at
	if missing > mayMiss {
		t.Fatalf("%s: %d of %d lost, at most %d may be", what, missing, len(sent), mayMiss)
	}
	return twice
}
