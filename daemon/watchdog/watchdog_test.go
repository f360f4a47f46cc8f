package watchdog

import (
	"strings"
	"testing"
	"time"
)

// looks is a course of looks, five seconds apart unless told otherwise, at one source.
type looks struct {
	every   time.Duration // 0 = 5 s
	n       int
	starved time.Duration                    // at each look
	at      func(i int, v *Source) (run int) // the source at look i; run numbers the network's run in progress, 0 = none
}

// verdict is what the watchdog says at the last look.
func (l looks) verdict() string {
	every := l.every
	if every == 0 {
		every = 5 * time.Second
	}
	start := time.Now()
	w := New(5 * time.Second)
	why := ""
	for i := range l.n {
		s := Source{Name: "mic", Online: true}
		now := Vitals{Now: start.Add(time.Duration(i) * every), Starved: l.starved}
		if run := l.at(i, &s); run > 0 {
			now.Inference = start.Add(-time.Duration(run) * time.Minute)
		}
		now.Sources = []Source{s}
		why = w.Look(now)
	}
	return why
}

func TestWatchdog(t *testing.T) {
	lives := func(i int, v *Source) int { // zeros advance like any samples
		v.Produced = int64(100 * i)
		v.Answered, v.Submitted = int64(i), int64(i)
		return 0
	}
	still := func(int, *Source) int { return 0 }
	hungListener := func(i int, v *Source) int { lives(i, v); v.Beat = time.Duration(i) * 5 * time.Second; return 0 }
	hungNetwork := func(i int, v *Source) int { lives(i, v); return 1 }
	noAnswers := func(i int, v *Source) int { lives(i, v); v.Answered, v.Submitted = 3, int64(5+i); return 0 }
	slow := func(i int, v *Source) int { // a window every third look, the network always at one
		v.Produced, v.Submitted, v.Answered = int64(i), int64(10+i), int64(i/3)
		return 1 + i/3
	}
	for _, c := range []struct {
		name string
		looks
		want string // part of the answer; "" = alive
	}{
		{"just started", looks{n: 1, at: still}, ""},
		{"silent microphone", looks{n: 10, at: lives}, ""},
		{"lost microphone", looks{n: 100, at: func(_ int, v *Source) int { v.Online = false; return 0 }}, ""},
		{"ended recording", looks{n: 100, at: func(_ int, v *Source) int { v.Over, v.Beat = true, time.Hour; return 0 }}, ""},
		{"online without samples", looks{n: 5, at: still}, "no samples"},
		{"not yet for long", looks{n: 4, at: still}, ""},
		{"back after a loss", looks{n: 6, at: func(i int, v *Source) int { v.Online = i > 3; return 0 }}, ""},
		{"listener stands still", looks{n: 6, at: hungListener}, "listener"},
		{"network hangs", looks{n: 5, at: hungNetwork}, "computing"},
		{"windows do not come back", looks{n: 5, at: noAnswers}, "no window"},
		{"slow, but it advances", looks{n: 30, at: slow}, ""},
		{"no processor for a minute", looks{n: 12, starved: 5 * time.Second, at: noAnswers}, ""},
		{"waiting for a processor most of the time", looks{n: 12, starved: 4 * time.Second, at: hungNetwork}, ""},
		{"a hang on a busy machine", looks{n: 40, starved: 5 * time.Second, at: noAnswers}, "no window"},
		{"the watchdog itself came late", looks{n: 2, every: time.Hour, at: noAnswers}, ""},
		{"a hang, looked at late", looks{n: 3, every: time.Hour, at: noAnswers}, "no window"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.verdict(); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
