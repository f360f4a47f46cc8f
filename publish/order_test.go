package publish

import (
	"fmt"
	"testing"
	"time"

	"earshot/internal/test/delivery"
)

// TestKilledUnderLoad: the broker is killed again and again while sounds come
// faster than it can take them. Events arrive in order, none lost, none invented.
func TestKilledUnderLoad(t *testing.T) {
	const sounds, kills = 1500, 6
	m := newMosquitto(t)
	g := newGate(t, m.Addr())
	c := testConfig(g.url())
	c.QueueLimit = 2 * sounds
	c.Timing.BackoffMin, c.Timing.BackoffMax = time.Millisecond, 20*time.Millisecond
	l := m.listen(events)
	r := run(t, c)
	r.up(t)
	sent := make([]string, sounds)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range sounds {
			at := time.Duration(i) * time.Second
			r.Occurrence(onset("dog", at))
			r.Occurrence(end("dog", at, time.Second/2))
			sent[i] = fmt.Sprintf("mic-dog-%d", epoch.Add(at).UnixMilli())
			if i%10 == 0 {
				time.Sleep(time.Millisecond) // spreads the load over the kills; nothing waits for it
			}
		}
	}()
	var arrived []string
	for k := range kills {
		goal := uint64((k + 1) * sounds / (kills + 2))
		eventually(t, "some events", func() bool { return r.Stats().Events >= goal })
		m.Kill()
		g.set(true)
		l.readToEnd()
		arrived = append(arrived, l.on(events)...)
		m.start()
		l = m.listen(events)
		g.set(false)
	}
	<-done
	eventually(t, "all events", func() bool { return r.Stats().Events >= sounds && r.Stats().Queued == 0 })
	eventually(t, "all arrived", func() bool {
		all := l.on(events)
		return len(all) > 0 && delivery.IDs(t, all[len(all)-1:])[0] == sent[sounds-1]
	})
	arrived = append(arrived, l.on(events)...)
	twice := delivery.Check(t, sent, delivery.IDs(t, arrived), 0, "killed under load")
	s := r.Stats()
	t.Logf("%d events, broker killed %d times: all in order, %d twice (same id), %d sent again, %d connections, dropped %d",
		sounds, kills, twice, s.Resent, s.Connects, s.Dropped)
	if s.Dropped != 0 {
		t.Errorf("dropped %d", s.Dropped)
	}
}

// TestDayOfEventsThenABroker: nobody listens for 24 h, then everything that
// fits arrives in order, and the states show the present.
func TestDayOfEventsThenABroker(t *testing.T) {
	m := prepareMosquitto(t)
	clock := &fakeClock{now: epoch}
	c := testConfig(m.URL())
	c.QueueLimit, c.Now = 1000, clock.Now
	r := run(t, c)
	n := 0
	var sent []string
	for at := time.Duration(0); at < 24*time.Hour; at += 6 * time.Second {
		clock.set(epoch.Add(at))
		r.Occurrence(onset("dog", at))
		r.Occurrence(end("dog", at, time.Second))
		sent = append(sent, fmt.Sprintf("mic-dog-%d", epoch.Add(at).UnixMilli()))
		n += 2
	}
	if s := r.Stats(); s.Queued != 1000 || s.Dropped != uint64(n-1000) {
		t.Errorf("stats %+v", s)
	}
	m.start()
	l := m.listen("#")
	eventually(t, "all that was kept", func() bool { return r.Stats().Events >= 450 && r.Stats().Queued == 0 })
	eventually(t, "all arrived", func() bool {
		all := l.on(events)
		return len(all) > 0 && delivery.IDs(t, all[len(all)-1:])[0] == sent[len(sent)-1]
	})
	ids := delivery.IDs(t, l.on(events))
	delivery.Check(t, sent, ids, len(sent)-450, "a day without a broker")
	if got := len(l.on(dogState)); got > 30 { // the last minute holds ten sounds
		t.Errorf("history switches the state: %d changes", got)
	}
	t.Logf("%d occurrences in 24 h: %d dropped, %d events arrived in order, %d state messages", n, r.Stats().Dropped, len(ids), len(l.on(dogState)))
}

// TestUnsentOutliveTheProcess: stopped while the broker is away, the next
// process delivers.
func TestUnsentOutliveTheProcess(t *testing.T) {
	m := prepareMosquitto(t)
	c := testConfig(m.URL())
	c.StoreDir = t.TempDir() + "/store"
	r := run(t, c)
	r.Occurrence(onset("dog", 0))
	r.Occurrence(end("dog", 0, time.Second))
	r.Occurrence(onset("siren", time.Second)) // still on when the process ends
	r.stop(t)
	m.start()
	l := m.listen("#")
	r = run(t, c)
	eventually(t, "the event of the last process", func() bool { return len(l.on(events)) == 1 })
	r.settled(t)
	for _, s := range append(l.on(dogState), l.on("earshot/n1/mic/siren/state")...) {
		if s != "OFF" {
			t.Errorf("history switches the state: %s", s)
		}
	}
	r.stop(t)
	r = run(t, c)
	r.settled(t)
	if got := l.on(events); len(got) != 1 {
		t.Errorf("delivered again: %q", got)
	}
}
