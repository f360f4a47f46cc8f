package history

import (
	"math"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
	"earshot/daemon/level"
	"earshot/daemon/sink"
)

// A block of scores is a minute of a source, and no larger than a day's share of 2 MB.
const (
	blockSpan  = time.Minute
	blockBytes = 2_000_000 / (24 * 60)
)

// scores are those of some windows, not yet packed.
type scores struct {
	source       string
	began, ended time.Time // of the windows' ends
	stream       sink.Stream
	block.Block
	labels map[string]uint16
}

// minute gathers a source's scores.
type minute struct{ open *scores }

// add takes a window; what it returns is complete, and the caller's.
func (m *minute) add(w sink.Scores) (full *scores) {
	if s := m.open; s != nil && (w.Stream != s.stream || len(s.Windows) == block.MaxWindows || w.At.Sub(s.began).Abs() >= blockSpan || w.At.Before(s.ended)) {
		full, m.open = s, nil
	}
	if m.open == nil {
		m.open = &scores{source: w.Source, began: w.At, stream: w.Stream, labels: map[string]uint16{}}
	}
	s := m.open
	s.ended = w.At
	s.Windows = append(s.Windows, block.Window{End: w.End, Break: uint8(w.Break), From: len(s.Marks)})
	for _, l := range w.Best { // greatest first
		steps := block.Steps(l.Score)
		if steps < block.Floor {
			break
		}
		i, known := s.labels[l.ID]
		if !known {
			if len(s.Labels) == block.MaxLabels {
				continue
			}
			i = uint16(len(s.Labels))
			s.Labels, s.labels[l.ID] = append(s.Labels, l.ID), i
		}
		s.Marks = append(s.Marks, block.Mark{Label: i, Steps: steps})
	}
	return full
}

// pack makes a row of them.
func (s *scores) pack(p *block.Packer) store.Scores {
	packed, _ := p.Pack(&s.Block, blockBytes)
	return store.Scores{Source: s.source, Began: s.began, Ended: s.ended, Model: s.stream.Model,
		RateHz: s.stream.RateHz, WindowSamples: s.stream.WindowSamples, Block: packed}
}

// ear measures a source's loudness by the minute.
type ear struct {
	sink   *Sink
	source string
	now    func() time.Time
	level  store.Level // of the minute that is open; Minute is zero when none is
	energy float64     // sum of squares
	n      int
	peak   float32
}

// Listen implements sink.Listener.
func (s *Sink) Listen(source string) sink.Ear { return &ear{sink: s, source: source, now: time.Now} }

// Write implements sink.Ear.
func (e *ear) Write(_ int64, x []float32) {
	if minute := e.now().Truncate(time.Minute); !minute.Equal(e.level.Minute) {
		e.Close()
		e.level = store.Level{Source: e.source, Minute: minute}
	}
	e.energy, e.n, e.peak = e.energy+level.Energy(x), e.n+len(x), max(e.peak, level.Peak(x))
}

// Close hands over the minute that is open.
func (e *ear) Close() {
	if e.n > 0 {
		l := e.level
		l.Mean, l.Peak = decibel(e.energy/float64(e.n)), decibel(float64(e.peak)*float64(e.peak))
		e.sink.put(item{level: &l})
	}
	e.energy, e.n, e.peak = 0, 0, 0
}

// silence is what is said of no sound at all, dBFS.
const silence = -120

// decibel is of a power, in tenths.
func decibel(power float64) float64 {
	return max(silence, math.Round(100*math.Log10(power))/10)
}
