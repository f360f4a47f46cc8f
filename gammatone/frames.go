package gammatone

// Frames turns sound that comes in pieces into frames. It gives, for every run of samples
// without a gap, exactly the frames that [FrontEnd.BatchEnergies] gives for that run in one
// piece. It allocates nothing after [NewFrames], and belongs to one goroutine.
type Frames struct {
	f    *FrontEnd
	next int64 // absolute index of the sample that follows; −1 before the first

	x        []float32 // samples; those before start are used up
	start    int       // where the next frame starts in x
	energies []float32 // (Bands) of the frame at hand
}

// bufferFrames is how many frames' samples are collected before what is left of them moves
// to the front, so that this seldom happens.
const bufferFrames = 4

// NewFrames makes a stream of frames. It panics on an invalid c.
func NewFrames(c Config) *Frames {
	return &Frames{
		f:        NewFrontEnd(c),
		next:     -1,
		x:        make([]float32, 0, bufferFrames*c.FrameSamples),
		energies: make([]float32, c.Bands),
	}
}

// Push takes mono samples x, the first of them at absolute index at, and calls emit for
// every frame that they complete, with the absolute index of its first sample and its
// energies (Bands), linear, before floor and logarithm, which are emit's only until it
// returns. With gap, or when at does not continue the last Push, the samples of an
// unfinished frame are dropped first, so no frame spans a hole.
func (s *Frames) Push(at int64, x []float32, gap bool, emit func(at int64, energies []float32)) {
	if gap || at != s.next {
		s.Reset()
		s.next = at
	}
	c := &s.f.c
	for len(x) > 0 {
		n := min(len(x), cap(s.x)-len(s.x))
		s.x = append(s.x, x[:n]...)
		s.next += int64(n)
		x = x[n:]
		for ; len(s.x)-s.start >= c.FrameSamples; s.start += c.HopSamples {
			s.f.Energies(s.energies, s.x[s.start:])
			emit(s.next-int64(s.pending()), s.energies)
		}
		if len(s.x) == cap(s.x) {
			s.x, s.start = s.x[:copy(s.x, s.x[s.start:])], 0
		}
	}
}

// pending is the number of samples from the next frame's start on.
func (s *Frames) pending() int { return len(s.x) - s.start }

// Reset forgets the samples of an unfinished frame, as at a gap.
func (s *Frames) Reset() { s.x, s.start, s.next = s.x[:0], 0, -1 }
