// Package watchdog decides whether the daemon is alive.
package watchdog

import (
	"fmt"
	"time"

	"earshot/internal/sdnotify"
)

// stuckAfter is how long something that should advance may stand still before systemd is no longer told that all
// is well. Sources notice a loss by themselves well before that.
const stuckAfter = 15 * time.Second

// Every is how often to look: as systemd wants, and often enough to log a hang soon.
func Every() time.Duration {
	if every := sdnotify.Watchdog(); every > 0 {
		return min(every, 5*time.Second)
	}
	return 5 * time.Second
}

// Vitals are the signs of life at one moment.
type Vitals struct {
	Now       time.Time
	Starved   time.Duration // how long a thread was kept waiting for a processor since the last look
	Inference time.Time     // start of the run in progress; zero when there is none
	Sources   []Source
}

// Source are those of one source.
type Source struct {
	Name      string
	Online    bool // it claims to give sound
	Over      bool // it has ended or failed: nothing is expected of it
	Produced  int64
	Answered  int64 // windows that came back, in whatever state
	Submitted int64
	Beat      time.Duration // since the listener's last turn
}

// Watchdog decides whether the daemon is alive. A silent microphone gives zeros, which advance like any samples;
// a lost one is known to be lost and being looked for; neither is a hang.
//
// Nor is a machine that is too busy. What stands still is measured in fair time, which passes with the clock but
// leaves out most of what threads of this process spent waiting for a processor, and all of what the watchdog itself
// was late by. Some of it always passes, so that a hang on a busy machine is found too, if late.
type Watchdog struct {
	limit time.Duration
	every time.Duration // between two looks, when on time

	last time.Time     // of the last look
	fair time.Duration // fair time so far
	signs
}

// New makes a watchdog that is asked every so often.
func New(every time.Duration) *Watchdog { return &Watchdog{limit: stuckAfter, every: every} }

// leastFair is the part of an interval that counts even when all of it was spent waiting for a processor.
const leastFair = 10

// signs are what was last seen to move, and when by fair time.
type signs struct {
	run      time.Time // start of the network's run in progress
	runAt    time.Duration
	bySource map[string]progress
}

type progress struct {
	produced, answered             int64
	producedAt, answeredAt, beatAt time.Duration
}

// Look returns why the daemon is not alive, "" when it is.
func (w *Watchdog) Look(v Vitals) string {
	interval := w.pass(v)
	if v.Inference.IsZero() || !v.Inference.Equal(w.run) {
		w.run, w.runAt = v.Inference, w.fair
	}
	before := w.bySource
	w.bySource = make(map[string]progress, len(v.Sources))
	for _, s := range v.Sources {
		if s.Over {
			continue
		}
		p, known := before[s.Name]
		if !known || s.Produced != p.produced || !s.Online {
			p.produced, p.producedAt = s.Produced, w.fair
		}
		if !known || s.Answered != p.answered || s.Answered >= s.Submitted {
			p.answered, p.answeredAt = s.Answered, w.fair
		}
		if !known || s.Beat < interval {
			p.beatAt = w.fair
		}
		w.bySource[s.Name] = p
	}
	return w.verdict(v)
}

// pass lets fair time go on and returns the real time since the last look.
func (w *Watchdog) pass(v Vitals) (interval time.Duration) {
	if !w.last.IsZero() {
		interval = v.Now.Sub(w.last)
	}
	counted := min(interval, 2*w.every)
	w.fair += max(counted-v.Starved, counted/leastFair)
	w.last = v.Now
	return interval
}

// verdict names the first thing that has stood still for too long.
func (w *Watchdog) verdict(v Vitals) string {
	still := func(since time.Duration) (time.Duration, bool) {
		d := w.fair - since
		return d.Round(time.Second), d > w.limit
	}
	if d, stuck := still(w.runAt); stuck {
		return fmt.Sprintf("the network has been computing for %v", d)
	}
	for _, s := range v.Sources {
		if s.Over {
			continue
		}
		p := w.bySource[s.Name]
		if d, stuck := still(p.beatAt); stuck {
			return fmt.Sprintf("source %s: its listener stands still since %v", s.Name, d)
		}
		if d, stuck := still(p.producedAt); stuck {
			return fmt.Sprintf("source %s: no samples since %v although it is online", s.Name, d)
		}
		if d, stuck := still(p.answeredAt); stuck {
			return fmt.Sprintf("source %s: no window came back since %v", s.Name, d)
		}
	}
	return ""
}
