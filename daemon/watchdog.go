package daemon

import (
	"fmt"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/sdnotify"
)

// stuckAfter is how long something that should advance may stand still before systemd is no longer told that all
// is well. Sources notice a loss by themselves well before that.
const stuckAfter = 15 * time.Second

// watchEvery is how often to look: as systemd wants, and often enough to log a hang soon.
func watchEvery() time.Duration {
	if every := sdnotify.Watchdog(); every > 0 {
		return min(every, 5*time.Second)
	}
	return 5 * time.Second
}

// vitals are the signs of life at one moment.
type vitals struct {
	now       time.Time
	starved   time.Duration // how long a thread was kept waiting for a processor since the last look
	inference time.Time     // start of the run in progress; zero when there is none
	sources   []vital
}

// vital is one source's.
type vital struct {
	name      string
	online    bool // it claims to give sound
	over      bool // it has ended or failed: nothing is expected of it
	produced  int64
	answered  int64 // windows that came back, in whatever state
	submitted int64
	beat      time.Duration // since the listener's last turn
}

// watchdog decides whether the daemon is alive. A silent microphone gives zeros, which advance like any samples;
// a lost one is known to be lost and being looked for; neither is a hang.
//
// Nor is a machine that is too busy. What stands still is measured in fair time, which passes with the clock but
// leaves out most of what threads of this process spent waiting for a processor, and all of what the watchdog itself
// was late by. Some of it always passes, so that a hang on a busy machine is found too, if late.
type watchdog struct {
	limit time.Duration
	every time.Duration // between two looks, when on time

	last time.Time     // of the last look
	fair time.Duration // fair time so far
	signs
}

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

// look returns why the daemon is not alive, "" when it is.
func (w *watchdog) look(v vitals) string {
	interval := w.pass(v)
	if v.inference.IsZero() || !v.inference.Equal(w.run) {
		w.run, w.runAt = v.inference, w.fair
	}
	before := w.bySource
	w.bySource = make(map[string]progress, len(v.sources))
	for _, s := range v.sources {
		if s.over {
			continue
		}
		p, known := before[s.name]
		if !known || s.produced != p.produced || !s.online {
			p.produced, p.producedAt = s.produced, w.fair
		}
		if !known || s.answered != p.answered || s.answered >= s.submitted {
			p.answered, p.answeredAt = s.answered, w.fair
		}
		if !known || s.beat < interval {
			p.beatAt = w.fair
		}
		w.bySource[s.name] = p
	}
	return w.verdict(v)
}

// pass lets fair time go on and returns the real time since the last look.
func (w *watchdog) pass(v vitals) (interval time.Duration) {
	if !w.last.IsZero() {
		interval = v.now.Sub(w.last)
	}
	counted := min(interval, 2*w.every)
	w.fair += max(counted-v.starved, counted/leastFair)
	w.last = v.now
	return interval
}

// verdict names the first thing that has stood still for too long.
func (w *watchdog) verdict(v vitals) string {
	still := func(since time.Duration) (time.Duration, bool) {
		d := w.fair - since
		return d.Round(time.Second), d > w.limit
	}
	if d, stuck := still(w.runAt); stuck {
		return fmt.Sprintf("the network has been computing for %v", d)
	}
	for _, s := range v.sources {
		if s.over {
			continue
		}
		p := w.bySource[s.name]
		if d, stuck := still(p.beatAt); stuck {
			return fmt.Sprintf("source %s: its listener stands still since %v", s.name, d)
		}
		if d, stuck := still(p.producedAt); stuck {
			return fmt.Sprintf("source %s: no samples since %v although it is online", s.name, d)
		}
		if d, stuck := still(p.answeredAt); stuck {
			return fmt.Sprintf("source %s: no window came back since %v", s.name, d)
		}
	}
	return ""
}

// vitals are the daemon's.
func (d *Daemon) vitals() vitals {
	v := vitals{now: time.Now(), starved: d.starved.Since()}
	if d.engine != nil {
		v.inference = d.engine.batcher.Stats().Since
	}
	for _, s := range d.sources {
		stats, queue := s.pipe.Stats(), s.feed.Stats()
		s.mu.Lock()
		phase := s.phase
		s.mu.Unlock()
		v.sources = append(v.sources, vital{
			name:      s.cfg.Name,
			online:    phase == capture.Online.String(),
			over:      phase == phaseEnded || phase == phaseFailed || stats.Ended,
			produced:  stats.Ring.Produced + stats.Ring.Skipped,
			answered:  stats.Answered + stats.Failed + stats.Dropped + int64(queue.Dropped),
			submitted: stats.Submitted,
			beat:      stats.SinceBeat,
		})
	}
	return v
}
