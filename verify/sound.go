package verify

import (
	"fmt"
	"slices"
	"sync"
)

// SampleRate is that of the sources, Hz.
const SampleRate = 44100

// soundSamples is how much a Sound keeps: room for the longest span that can be asked for, and for the
// two seconds by which scoring may lag behind listening.
const soundSamples = 7 * SampleRate

// MaxLag is by how much a window's end may be behind the newest sample of its Sound before patches go missing.
const MaxLag = soundSamples - WindowSpan - leadSamples

// maxRuns bounds how many runs between gaps are told apart; samples before the oldest count as lost.
const maxRuns = 32

// Sound keeps the last seven seconds of a source. One goroutine writes (who listens), another reads (who
// reports); neither waits for more than a copy of the other's.
type Sound struct {
	mu    sync.Mutex
	ring  []float32 // (soundSamples) sample i stands at i mod soundSamples
	end   int64     // one past the last sample written
	runs  []int64   // ascending: first samples of the runs that are still held in part
	epoch uint64    // counts how often the index went back
}

// NewSound makes room for one source, 1.2 MB.
func NewSound() *Sound {
	return &Sound{ring: make([]float32, soundSamples), runs: make([]int64, 0, maxRuns)}
}

// Write takes mono samples x, the first of them at absolute index at ≥ 0. With gap, or when at does not
// continue the last Write, a new run starts. An index that goes back forgets all that was there.
func (s *Sound) Write(at int64, x []float32, gap bool) {
	if at < 0 {
		panic(fmt.Sprintf("verify: Write at sample %d, want 0 or more", at))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.runs) == 0 || gap || at != s.end {
		s.startRun(at)
	}
	s.end = at + int64(len(x))
	if skip := len(x) - len(s.ring); skip > 0 {
		x, at = x[skip:], at+int64(skip)
	}
	n := copy(s.ring[at%soundSamples:], x)
	copy(s.ring, x[n:])
}

// startRun notes that samples from at on do not continue what was before.
func (s *Sound) startRun(at int64) {
	if at < s.end {
		s.runs = s.runs[:0]
		s.epoch++
	}
	// A run of which nothing is left, since the next one starts where it started or all of it was overwritten.
	for len(s.runs) > 1 && s.runs[1] <= at-soundSamples || len(s.runs) == maxRuns {
		s.runs = slices.Delete(s.runs, 0, 1)
	}
	if n := len(s.runs); n > 0 && s.runs[n-1] == at {
		return
	}
	s.runs = append(s.runs, at)
}

// state of a stretch of samples.
type state int

const (
	whole  state = iota // all there, without a gap
	broken              // a gap lies in it, or it starts before all sound: it will never be
	early               // its end has not come yet
	lost                // it was there and has been overwritten
)

// read copies samples [at−lead, at−lead+len(dst)) if from at on they are whole. Of the lead, what lies before the
// run's first sample is silence. It also returns the epoch.
func (s *Sound) read(dst []float32, at, lead int64) (state, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, end := at-lead, at-lead+int64(len(dst))
	run, next := s.runOf(at)
	switch {
	case run < 0 && (len(s.runs) == 0 || s.end <= at):
		return early, s.epoch
	case run < 0 && at < s.end-soundSamples || run < 0 && len(s.runs) == maxRuns:
		return lost, s.epoch
	case run < 0 || end > next:
		return broken, s.epoch
	case end > s.end:
		return early, s.epoch
	case max(from, run) < s.end-soundSamples:
		return lost, s.epoch
	}
	silent := max(0, run-from)
	clear(dst[:silent])
	for i := silent; i < int64(len(dst)); {
		i += int64(copy(dst[i:], s.ring[(from+i)%soundSamples:]))
	}
	return whole, s.epoch
}

func (s *Sound) currentEpoch() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

// runOf returns the first sample of the run that at belongs to, −1 when there is none, and that of the next run.
func (s *Sound) runOf(at int64) (first, next int64) {
	first, next = -1, 1<<62
	for _, r := range s.runs {
		if r > at {
			return first, r
		}
		first = r
	}
	return first, next
}
