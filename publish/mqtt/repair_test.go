package mqtt

import (
	"testing"
	"time"
)

// TestTwoFighters: somebody overwrites a topic whenever we put it right. An hour of that is some twenty messages.
func TestTwoFighters(t *testing.T) {
	r := newRepairs(500 * time.Millisecond)
	now := time.Unix(1000, 0)
	start, repaired := now, 0
	for ; now.Sub(start) < time.Hour; now = now.Add(100 * time.Millisecond) {
		r.overwritten("a", now)
		if due, _ := r.pop(now); len(due) > 0 {
			repaired++
		}
	}
	if repaired < 10 || repaired > 30 {
		t.Errorf("%d repairs in an hour", repaired)
	}
	now = now.Add(time.Hour)
	r.pop(now)
	now = now.Add(time.Hour)
	r.overwritten("a", now)
	if next := r.next(); next.Sub(now) != 500*time.Millisecond {
		t.Errorf("after peace it takes %v", next.Sub(now))
	}
	r.overwritten("b", now)
	if _, next := r.pop(now); next.IsZero() {
		t.Error("nothing is due")
	}
	if due, next := r.pop(now.Add(time.Second)); len(due) != 2 || !next.IsZero() {
		t.Errorf("due %v, next %v", due, next)
	}
}

// TestMailbox: strangers have no room, the newest counts, an echo is not lost behind somebody else's message, and
// what is said while ours is under way is not held against them.
func TestMailbox(t *testing.T) {
	b := newMailbox()
	b.allot("state", smallRoom, nil)
	b.allot("set", smallRoom, fitCommand)
	for range 1000 {
		b.put(mail{topic: "stranger", payload: []byte("x")})
	}
	b.sending("state", []byte("OFF"))
	b.put(mail{topic: "state", payload: []byte("ON")})
	if got := b.take(); len(got) != 1 || got[0].foreign || got[0].echoed {
		t.Errorf("while ours is under way: %+v", got)
	}
	b.put(mail{topic: "state", payload: []byte("OFF")})
	b.put(mail{topic: "state", payload: make([]byte, smallRoom+1)})
	if got := b.take(); len(got) != 1 || !got[0].echoed || !got[0].foreign || got[0].payload != nil {
		t.Errorf("ours, then another's: %+v", got)
	}
	for _, payload := range []string{"ON", "OFF", "rubbish", "", "\xff"} {
		b.put(mail{topic: "set", payload: []byte(payload)})
	}
	b.put(mail{topic: "set", payload: []byte("ON"), retained: true})
	if got := b.take(); len(got) != 1 || string(got[0].payload) != "OFF" {
		t.Errorf("commands: %+v", got)
	}
	if received, strange, refused, replaced := b.count(); received != 1009 || strange != 1000 || refused != 4 || replaced != 2 {
		t.Errorf("%d %d %d %d", received, strange, refused, replaced)
	}
}

// TestFloodHidesNothing: a message that does not come back shows nothing while thousands of others come.
func TestFloodHidesNothing(t *testing.T) {
	c := newSelfCheck(time.Second, time.Minute)
	now := time.Unix(1000, 0)
	c.sent("a", true)
	c.acked("a", now, 10)
	if next, _ := c.overdue(now, 10); next != now.Add(time.Second) {
		t.Errorf("next %v", next)
	}
	if _, unsure := c.overdue(now.Add(time.Second), 10+flood+1); len(unsure) != 1 || len(c.list()) != 0 {
		t.Errorf("unsure %v, refused %v", unsure, c.list())
	}
	c.sent("a", true)
	c.acked("a", now, 10)
	if _, unsure := c.overdue(now.Add(time.Second), 11); len(unsure) != 0 || len(c.list()) != 1 {
		t.Errorf("unsure %v, refused %v", unsure, c.list())
	}
	c.sent("b", false) // not listened to
	c.acked("b", now, 10)
	if next, _ := c.overdue(now, 10); !next.IsZero() {
		t.Errorf("next %v", next)
	}
}
