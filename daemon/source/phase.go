package source

import (
	"context"
	"math"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/command"
	"earshot/daemon/opinion"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/daemon/watchdog"
)

// captured follows the capture; it is called from the capture's goroutine.
func (s *Source) captured(st capture.State) {
	s.enter(st.Phase.String(), st.Why)
	s.doctor.captured(st)
	if st.Phase == capture.Lost {
		s.pipe.Lost(context.Background())
	}
	s.c.Changed()
}

// enter changes the phase and tells the sinks. It is the only way out for what a source has to say of itself, so
// here is where the words of a program that it runs stay behind: they may hold a camera's address with its
// password in it, and go to the local log alone.
func (s *Source) enter(phase, why string) {
	why, said := command.Public(why)
	if said != "" {
		s.c.Log.Often(s.log.Warn(), "said "+s.c.Name).Str("phase", phase).Str("said", said).Msg("the program's last words")
	}
	if phase == status.Lost {
		s.faults.Add(1)
	}
	s.mu.Lock()
	before := s.phase
	s.phase, s.why = phase, why
	s.mu.Unlock()
	s.c.Sink.Source(sink.Source{Name: s.c.Name, Phase: phase, Before: before, Why: why})
}

// Finish notes that the source is over.
func (s *Source) Finish() {
	if err := s.Failure(); err != nil {
		s.enter(status.Failed, err.Error())
	} else {
		s.enter(status.Ended, "its sound is over")
	}
}

// Remove notes that the source has no place in the new configuration, at least not as it was.
func (s *Source) Remove() { s.enter(status.Removed, "configuration changed") }

// TellTo says to a new sink how the source is.
func (s *Source) TellTo(k sink.Sink) {
	s.mu.Lock()
	phase, why := s.phase, s.why
	s.mu.Unlock()
	k.Source(sink.Source{Name: s.c.Name, Phase: phase, Before: phase, Why: why})
}

// Report is the source's part of the status.
func (s *Source) Report() status.Source {
	stats, queue := s.pipe.Stats(), s.feed.Stats()
	report := s.health.Report()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := status.Source{
		Name: s.c.Name, Title: rules.Title(s.c.Title, s.c.Name), Kind: s.c.Kind,
		Phase: s.phase, Why: s.why, LevelDBFS: math.Round(report.LevelDBFS*10) / 10,
		Samples: stats.Samples, Lost: stats.Ring.Dropped + stats.Ring.Skipped, Gaps: stats.Ring.Gaps,
		Windows: stats.Answered, Dropped: stats.Dropped + int64(queue.Dropped), Failed: stats.Failed, Gated: int64(queue.Idle),
		Faults: s.faults.Load(), Events: s.events.Load(), FrontEnd: stats.FrontEnd.Seconds(),
		LatencyP50: millis(stats.LatencyP50), LatencyP99: millis(stats.LatencyP99), Latency: stats.Latency, RateHz: s.rate,
	}
	if stats.FrontEnd > 0 {
		out.RealTime = math.Round(float64(stats.Samples) / float64(s.rate) / stats.FrontEnd.Seconds())
	}
	if s.judged() && s.phase == status.Online {
		verdict := s.doctor.verdict()
		out.Problem, out.Detail = string(verdict.Problem), verdict.Detail
	}
	if m, have := s.level.Last(); have {
		out.Minute = &status.Minute{LAeq: math.Round(m.LAeq*10) / 10, LAmax: math.Round(m.LAmax*10) / 10, Calibrated: s.c.Calibration != nil}
	}
	if s.opinion != nil {
		out.Verify = verifyReport(s.opinion.Stats())
	}
	now := time.Now()
	for _, l := range s.rules.Watched {
		index := s.rules.Index(l.ID)
		label := status.Label{ID: l.ID, Title: l.Title, Group: l.Group, On: s.on[index], Muted: s.c.Sink.Mutes.Muted(s.c.Name, l.ID, now), Threshold: s.rules.Smooth.Rule(index).On}
		label.Events = s.told[l.ID]
		if index < len(s.score) {
			label.Score = math.Round(s.score[index]*1000) / 1000
		}
		out.Labels = append(out.Labels, label)
	}
	return out
}

func verifyReport(o opinion.Stats) *status.Verify {
	return &status.Verify{
		Windows: o.Windows, Asked: o.Asked, Patches: o.Patches, Missing: o.Missing, Failed: o.Failed,
		P50: millis(o.P50), P99: millis(o.P99), Failing: o.Failing,
	}
}

func millis(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }

// Vitals are the source's signs of life.
func (s *Source) Vitals() watchdog.Source {
	stats, queue := s.pipe.Stats(), s.feed.Stats()
	s.mu.Lock()
	phase := s.phase
	s.mu.Unlock()
	return watchdog.Source{
		Name:      s.c.Name,
		Online:    phase == status.Online,
		Over:      phase == status.Ended || phase == status.Failed || stats.Ended,
		Produced:  stats.Ring.Produced + stats.Ring.Skipped,
		Answered:  stats.Answered + stats.Failed + stats.Dropped + int64(queue.Dropped),
		Submitted: stats.Submitted,
		Beat:      stats.SinceBeat,
	}
}
