package gammatone

import "fmt"

// Stream turns sound that comes in pieces into windows. It gives, for every run of
// samples without a gap, exactly the windows that [FrontEnd.BatchLog] and
// [Config.FillWindow] give for that run in one piece. It allocates nothing after
// [NewStream], and belongs to one goroutine.
type Stream struct {
	c    Config
	f    *FrontEnd
	hop  int   // frames from one window's start to the next's
	next int64 // absolute index of the sample that follows; −1 before the first

	pending []float32 // (≤ FrameSamples) samples of the frame being collected
	logs    []float32 // (WindowFrames, Bands) dB, frame-major; the window being collected
	frames  int       // how many of them are there
	win     Window
	scratch []float32
	stats   StreamStats
}

// Window is one input of the network.
type Window struct {
	At  int64     // absolute index of its first sample
	End int64     // one past its last sample
	X   []float32 // (2, Bands, WindowFrames) = (channel, band, frame): dB, and dB a frame
}

// StreamStats counts what a stream has done since it was made.
type StreamStats struct {
	Frames  int64 // frames computed
	Windows int64 // windows emitted
	Resets  int64 // gaps at which unfinished work was thrown away
}

// NewStream makes a stream that emits a window every hopFrames frames, 1 … WindowFrames.
// It panics on another hop or an invalid c.
func NewStream(c Config, hopFrames int) *Stream {
	if hopFrames < 1 || hopFrames > c.WindowFrames {
		panic(fmt.Sprintf("gammatone: NewStream with a hop of %d frames, want 1 to %d", hopFrames, c.WindowFrames))
	}
	return &Stream{
		c:       c,
		f:       NewFrontEnd(c),
		hop:     hopFrames,
		next:    -1,
		pending: make([]float32, 0, c.FrameSamples),
		logs:    make([]float32, c.WindowFrames*c.Bands),
		win:     Window{X: make([]float32, c.WindowLen())},
		scratch: make([]float32, deltaChunk),
	}
}

// Config returns the numbers that the stream was made with.
func (s *Stream) Config() Config { return s.c }

// Push takes mono samples x, the first of them at absolute index at, and calls emit for
// every window that they complete. The window is emit's only until it returns. With gap, or
// when at does not continue the last Push, everything unfinished is dropped first, so no
// window spans a hole.
func (s *Stream) Push(at int64, x []float32, gap bool, emit func(*Window)) {
	if gap || at != s.next {
		s.Reset()
	}
	s.next = at + int64(len(x))
	for len(x) > 0 {
		n := min(len(x), s.c.FrameSamples-len(s.pending))
		s.pending = append(s.pending, x[:n]...)
		x = x[n:]
		if len(s.pending) == s.c.FrameSamples {
			s.frame()
			if s.frames == s.c.WindowFrames {
				s.emit(s.next-int64(len(x)), emit)
			}
		}
	}
}

// Reset forgets all samples and frames, as at a gap.
func (s *Stream) Reset() {
	if len(s.pending) > 0 || s.frames > 0 {
		s.stats.Resets++
	}
	s.pending, s.frames, s.next = s.pending[:0], 0, -1
}

// Stats returns the counters; it is for the goroutine that pushes.
func (s *Stream) Stats() StreamStats { return s.stats }

// frame computes the pending frame and keeps the samples that the next one shares with it.
func (s *Stream) frame() {
	row := s.logs[s.frames*s.c.Bands : (s.frames+1)*s.c.Bands]
	s.f.Energies(row, s.pending)
	LogFloor(row, row, s.c.Floor)
	s.frames++
	s.stats.Frames++
	n := copy(s.pending, s.pending[s.c.HopSamples:])
	s.pending = s.pending[:n]
}

// emit hands out the collected window, which ends just before sample end, and keeps the
// frames that the next one shares with it.
func (s *Stream) emit(end int64, emit func(*Window)) {
	s.c.fillWindow(s.win.X, s.logs, s.scratch)
	s.win.At, s.win.End = end-int64(s.c.WindowSamples()), end
	s.stats.Windows++
	s.frames -= s.hop
	copy(s.logs, s.logs[s.hop*s.c.Bands:])
	emit(&s.win)
}
