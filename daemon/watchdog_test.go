package daemon

import (
	"strings"
	"testing"
	"time"
)

func TestWatchdog(t *testing.T) {
	start := time.Now()
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	// step is one look: seconds after the start, the source as it is then.
	type step struct {
		second int
		v      vital
		hung   time.Duration // how long the network has been at it
	}
	silent := func(s int, produced int64) step { // zeros advance like any samples
		return step{second: s, v: vital{name: "mic", online: true, produced: produced, answered: produced / 100, submitted: produced / 100}}
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  string // part of the last look's answer; "" = alive
	}{
		{"just started", []step{{second: 0, v: vital{name: "mic"}}}, ""},
		{"silent microphone", []step{silent(0, 100), silent(60, 200), silent(120, 300)}, ""},
		{"lost microphone", []step{{0, vital{name: "mic", produced: 100}, 0}, {3600, vital{name: "mic", produced: 100}, 0}}, ""},
		{"ended recording", []step{{0, vital{name: "f", over: true, online: true, produced: 1}, 0}, {3600, vital{name: "f", over: true, online: true, produced: 1, beat: time.Hour}, 0}}, ""},
		{"online without samples", []step{silent(0, 100), silent(20, 100)}, "no samples"},
		{"back after a loss", []step{silent(0, 100), {20, vital{name: "mic", produced: 100}, 0}, silent(25, 100)}, ""},
		{"listener stands still", []step{{second: 0, v: vital{name: "mic", beat: 20 * time.Second}}}, "listener"},
		{"network hangs", []step{{second: 0, v: vital{name: "mic"}, hung: 20 * time.Second}}, "computing"},
		{"network slow", []step{{second: 0, v: vital{name: "mic"}, hung: 5 * time.Second}}, ""},
		{"windows do not come back", []step{
			{0, vital{name: "mic", online: true, produced: 1, submitted: 5, answered: 3}, 0},
			{20, vital{name: "mic", online: true, produced: 2, submitted: 9, answered: 3}, 0}}, "no window"},
		{"nothing to answer", []step{
			{0, vital{name: "mic", online: true, produced: 1, submitted: 3, answered: 3}, 0},
			{20, vital{name: "mic", online: true, produced: 2, submitted: 3, answered: 3}, 0}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watchdog{limit: stuckAfter}
			got := ""
			for _, s := range c.steps {
				v := vitals{now: at(s.second), sources: []vital{s.v}}
				if s.hung > 0 {
					v.inference = v.now.Add(-s.hung)
				}
				got = w.look(v)
			}
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
