package homeassistant

import (
	"testing"
	"time"

	"earshot/publish/topic"
)

// TestSteps holds every transition.
func TestSteps(t *testing.T) {
	for s, want := range map[step]struct{ asked, more, nothing step }{
		announce:  {announce, leaveOut, announce},
		leaveOut:  {announce, leaveOut, announce}, // more: the way of discovery changed
		showAgain: {showAgain, takeBack, showAgain},
		takeBack:  {takeBack, forget, announce},
		forget:    {takeBack, forget, announce},
	} {
		if got := s.asked(); got != want.asked {
			t.Errorf("step %d asked: %d, want %d", s, got, want.asked)
		}
		if got := s.acknowledged(true); got != want.more {
			t.Errorf("step %d, more follows: %d, want %d", s, got, want.more)
		}
		if got := s.acknowledged(false); got != want.nothing {
			t.Errorf("step %d, nothing follows: %d, want %d", s, got, want.nothing)
		}
		if again := s.asked(); again != s.asked().asked() || again.follows() && again != takeBack {
			t.Errorf("step %d asked for is no beginning", s)
		}
	}
}

// TestRemoval walks an announcer through a removal, alone and with what Home Assistant missed.
func TestRemoval(t *testing.T) {
	now := time.Unix(1e9, 0)
	less := *testSettings()["one"]
	less.Sources = []topic.Source{{Name: "mic"}}
	walk := func(a *Announcer, want ...step) {
		t.Helper()
		for i, s := range want {
			if a.step != s || a.due.IsZero() {
				t.Fatalf("publication %d is step %d, due %v, want step %d", i, a.step, a.due, s)
			}
			p, err := a.Begin(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Done(p, now, time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if a.step != announce || !a.due.IsZero() {
			t.Fatalf("it does not end: step %d, due %v", a.step, a.due)
		}
	}
	a, err := New(*testSettings()["one"], "")
	if err != nil {
		t.Fatal(err)
	}
	a.Connected(now)
	walk(a, announce)
	a.Change(less)
	a.Schedule(now)
	walk(a, announce, leaveOut)
	if len(a.last.Missed) != 16 { // three sounds, a counter and a mute for each, a threshold and a hold of two, their event, picture and reset
		t.Fatalf("missed are %v", a.last.Missed)
	}
	a.Born(true, now)
	walk(a, showAgain, takeBack, forget)
	if len(a.last.Missed) != 0 {
		t.Errorf("still missed: %v", a.last.Missed)
	}

	a.Change(*testSettings()["one"])
	a.Schedule(now)
	walk(a, announce)
	a.Change(less)
	a.Schedule(now)
	walk(a, announce, leaveOut)
	if len(a.last.Missed) != 0 {
		t.Errorf("missed by a Home Assistant that is up: %v", a.last.Missed)
	}
}

// TestBirthDuringAPublication: it is answered, though the publication under way was acknowledged after it.
func TestBirthDuringAPublication(t *testing.T) {
	now := time.Unix(1e9, 0)
	a := &Announcer{Settings: *testSettings()["one"], last: announced{Missed: keys{"mic_x": "switch"}}}
	a.Connected(now)
	p, err := a.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Born(true, now)
	if err := a.Done(p, now, time.Second); err != nil {
		t.Fatal(err)
	}
	if a.step != showAgain || a.due.IsZero() {
		t.Errorf("step %d, due %v", a.step, a.due)
	}
}
