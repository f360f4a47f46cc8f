package source

import (
	"cmp"
	"slices"
	"strconv"

	"earshot/daemon/capture/kind"
	"earshot/daemon/pipeline"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/ringbuf"
)

// block sees every block of samples, in the listener.
func (s *Source) block(b *ringbuf.Block) {
	x := b.X[:b.N]
	for _, ear := range s.c.Ears {
		ear.Write(b.At, x)
	}
	s.level.Push(x)
	if !s.judged() {
		s.health.Push(x) // for the level
		return
	}
	if s.health.Push(x) {
		s.doctor.samples(s.health.Report())
	}
	s.doctor.pace(s.pipe.Produced())
	s.doctor.bands(x, s.watched)
}

// watched are the labels that are listened for.
func (s *Source) watched() []rules.Label {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.Watched
}

// judged tells whether the source is a microphone, or stands for one: a recording may well be silent.
func (s *Source) judged() bool { return !kind.Recording(s.c.Source) }

// window sees every window, in the listener.
func (s *Source) window(w *gammatone.Window) {
	s.c.Window(w, s.pipe.Wall(w.End))
	for _, eye := range s.c.Eyes {
		eye.Window(w)
	}
}

// attended sees where the network looked in a window, in the reporter.
func (s *Source) attended(r infer.Result) {
	for _, eye := range s.c.Eyes {
		eye.Attended(r.At, r.Attention)
	}
}

// scored sees the smoothed scores of every window, in the reporter.
func (s *Source) scored(w pipeline.Scores) {
	s.mu.Lock()
	s.score = append(s.score[:0], w.Scores...)
	r := s.rules
	s.mu.Unlock()
	s.best = best(s.best[:0], r, w.Scores)
	s.c.Sink.Scores(sink.Scores{Source: s.c.Name, At: w.At, End: w.End, Break: w.Break, Best: s.best, LevelDBFS: s.health.Report().LevelDBFS, Stream: sink.Stream{
		Model: s.fingerprint(r), RateHz: s.rate, WindowSamples: r.Smooth.WindowSamples,
	}})
}

// fingerprint names all that makes a smoothed score: both networks, and over how many windows their scores are averaged.
func (s *Source) fingerprint(r *rules.Rules) string {
	return s.c.Engine.Fingerprint() + "/" + strconv.Itoa(r.Smooth.Average)
}

// best appends the scores of single labels to dst, greatest first; groups are left out.
func best(dst []sink.Score, r *rules.Rules, scores []float64) []sink.Score {
	for i := range r.Single() {
		dst = append(dst, sink.Score{ID: r.IDs[i], Title: r.Titles[i], Score: scores[i]})
	}
	slices.SortStableFunc(dst, func(a, b sink.Score) int { return cmp.Compare(b.Score, a.Score) })
	return dst
}

// failed sees why a window has no scores, in the reporter.
func (s *Source) failed(err error) {
	s.c.Log.Often(s.log.Error().Err(err), "failed "+s.c.Name).Msg("window without scores")
}

// unanswered sees why the second network gave no opinion, in the reporter.
func (s *Source) unanswered(err error) {
	s.c.Log.Often(s.log.Warn().Err(err), "unanswered "+s.c.Name).Msg("no second opinion, the first network decides alone")
}

// event sees each switch, in the reporter, and gives it its names.
func (s *Source) event(e sink.Event, scores []float64) {
	s.mu.Lock()
	r := s.rules
	s.on[e.Label] = e.On
	if e.On {
		s.told[r.IDs[e.Label]]++
	}
	s.mu.Unlock()
	e.Source, e.ID, e.Title, e.Group = s.c.Name, r.IDs[e.Label], r.Titles[e.Label], e.Label >= r.Single()
	rule := r.Smooth.Rule(e.Label)
	e.Why = sink.Why{On: rule.On, Off: rule.Off, Runners: s.runners(r, e, scores), LevelDBFS: s.health.Report().LevelDBFS, Model: s.fingerprint(r)}
	s.c.Sink.Event(&e)
	if e.On {
		s.events.Add(1)
	}
}

// runners are the labels that scored most beside the one, or the group, that was switched.
func (s *Source) runners(r *rules.Rules, e sink.Event, scores []float64) []sink.Score {
	const most = 3
	if !e.On {
		return nil
	}
	s.best = best(s.best[:0], r, scores)
	var next []sink.Score
	for _, l := range s.best {
		if l.ID != e.ID && len(next) < most {
			next = append(next, l)
		}
	}
	return next
}
