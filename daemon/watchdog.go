package daemon

import (
	"fmt"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/sdnotify"
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
	inference time.Time // start of the run in progress; zero when there is none
	sources   []vital
}

// vital is one source's.
type vital struct {
	name      string
	online    bool // it claims to give sound
	over      bool // it has ended or failed: nothing is expected of it
	produced  int64
	position  int64 // samples through the front end
	answered  int64 // windows that came back, in whatever state
	submitted int64
	beat      time.Duration // since the listener's last turn
}

// watchdog decides whether the daemon is alive. A silent microphone gives zeros, which advance like any samples;
// a lost one is known to be lost and being looked for; neither is a hang.
type watchdog struct {
	limit time.Duration
	seen  map[string]progress
}

type progress struct {
	produced, answered     int64
	producedAt, answeredAt time.Time
}

// look returns why the daemon is not alive, "" when it is.
func (w *watchdog) look(v vitals) string {
	if !v.inference.IsZero() && v.now.Sub(v.inference) > w.limit {
		return fmt.Sprintf("the network has been computing for %v", v.now.Sub(v.inference).Round(time.Second))
	}
	before := w.seen
	w.seen = make(map[string]progress, len(v.sources))
	for _, s := range v.sources {
		if s.over {
			continue
		}
		p, known := before[s.name]
		if !known || s.produced != p.produced || !s.online {
			p.produced, p.producedAt = s.produced, v.now
		}
		if !known || s.answered != p.answered || s.answered >= s.submitted {
			p.answered, p.answeredAt = s.answered, v.now
		}
		w.seen[s.name] = p
	}
	for _, s := range v.sources {
		p := w.seen[s.name]
		switch {
		case s.over:
		case s.beat > w.limit:
			return fmt.Sprintf("source %s: its listener stands still since %v", s.name, s.beat.Round(time.Second))
		case v.now.Sub(p.producedAt) > w.limit:
			return fmt.Sprintf("source %s: no samples since %v although it is online", s.name, v.now.Sub(p.producedAt).Round(time.Second))
		case v.now.Sub(p.answeredAt) > w.limit:
			return fmt.Sprintf("source %s: no window came back since %v", s.name, v.now.Sub(p.answeredAt).Round(time.Second))
		}
	}
	return ""
}

// vitals are the daemon's.
func (d *Daemon) vitals() vitals {
	v := vitals{now: time.Now()}
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
			position:  stats.Position,
			answered:  stats.Answered + stats.Failed + stats.Dropped + int64(queue.Dropped),
			submitted: stats.Submitted,
			beat:      stats.SinceBeat,
		})
	}
	return v
}
