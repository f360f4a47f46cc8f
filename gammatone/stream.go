package gammatone

import "fmt"

// Stream turns sound that comes in pieces into windows. It gives, for every run of
// samples without a gap, exactly the windows that [FrontEnd.BatchLog] and
// [Config.FillWindow] give for that run in one piece. It allocates nothing after
// [NewStream], and belongs to one goroutine, but for its windows' Fill.
type Stream struct {
	// Energies, when not nil, sees every frame's energies (Bands), linear, before floor and
	// logarithm, to read until it returns, and the absolute index one past the frame's last
	// sample. It is for the maker of the stream to set.
	Energies func(end int64, energies []float32)

	c      Config
	frames *Frames
	hop    int // frames from one window's start to the next's

	logs    []float32 // ((keep+1)·WindowFrames, Bands) dB, frame-major: a ring of frames
	windows []Window  // (keep+1) a ring, too
	first   int       // where in logs the window being collected starts
	count   int       // how many of its frames are there
	free    int       // where in logs the newest window ends
	scratch []float32 // of Fill
	stats   StreamStats

	take func(at int64, energies []float32) // s.frame
	emit func(*Window)                      // Push's
}

// Window is one input of the network: where it lies in the sound, and the frames of which
// it is made. A stream keeps the frames of its newest windows only, see [NewStream].
type Window struct {
	At  int64 // absolute index of its first sample
	End int64 // one past its last sample

	s     *Stream
	first int // where in s.logs its frames start
}

// StreamStats counts what a stream has done since it was made.
type StreamStats struct {
	Frames  int64 // frames computed
	Windows int64 // windows emitted
	Resets  int64 // gaps at which unfinished work was thrown away
}

// NewStream makes a stream that emits a window every hopFrames frames, 1 … WindowFrames.
// A window may be used until keep ≥ 0 more have been emitted: with 0 only until emit
// returns. Whoever makes windows elsewhere, such as a queue of keep windows, makes each but
// once, where it is wanted. It panics on another hop, a negative keep or an invalid c.
func NewStream(c Config, hopFrames, keep int) *Stream {
	if hopFrames < 1 || hopFrames > c.WindowFrames || keep < 0 {
		panic(fmt.Sprintf("gammatone: NewStream with a hop of %d frames and %d windows kept, want 1 to %d and 0 or more", hopFrames, keep, c.WindowFrames))
	}
	s := &Stream{
		c:       c,
		frames:  NewFrames(c),
		hop:     hopFrames,
		logs:    make([]float32, (keep+1)*c.WindowFrames*c.Bands),
		windows: make([]Window, keep+1),
		scratch: make([]float32, deltaChunk),
	}
	s.take = s.frame
	return s
}

// Config returns the numbers that the stream was made with.
func (s *Stream) Config() Config { return s.c }

// Push takes mono samples x, the first of them at absolute index at, and calls emit for
// every window that they complete. With gap, or when at does not continue the last Push,
// everything unfinished is dropped first, so no window spans a hole.
func (s *Stream) Push(at int64, x []float32, gap bool, emit func(*Window)) {
	if gap || at != s.frames.next {
		s.Reset()
	}
	s.emit = emit
	s.frames.Push(at, x, false, s.take)
}

// Reset forgets all samples and frames of unfinished windows, as at a gap.
func (s *Stream) Reset() {
	if s.frames.pending() > 0 || s.count > 0 {
		s.stats.Resets++
	}
	s.frames.Reset()
	s.first, s.count = s.free, 0
}

// Stats returns the counters; it is for the goroutine that pushes.
func (s *Stream) Stats() StreamStats { return s.stats }

// frame adds a frame to the window being collected. What it overwrites is of no window that
// is kept: the starts of two windows in a row are WindowFrames frames apart at most, so that
// keep+1 windows and the frames that are not of them fit into the ring.
func (s *Stream) frame(at int64, energies []float32) {
	if s.Energies != nil {
		s.Energies(at+int64(s.c.FrameSamples), energies)
	}
	LogFloor(s.row(s.first+s.count), energies, s.c.Floor)
	s.count++
	s.stats.Frames++
	if s.count < s.c.WindowFrames {
		return
	}
	w := &s.windows[s.stats.Windows%int64(len(s.windows))]
	end := at + int64(s.c.FrameSamples)
	*w = Window{At: end - int64(s.c.WindowSamples()), End: end, s: s, first: s.first}
	s.stats.Windows++
	ring := len(s.windows) * s.c.WindowFrames
	s.free = (s.first + s.c.WindowFrames) % ring
	s.first, s.count = (s.first+s.hop)%ring, s.count-s.hop
	s.emit(w)
}

// row returns (Bands) dB, the i-th of the ring's frames.
func (s *Stream) row(i int) []float32 {
	return s.logs[i%(len(s.windows)*s.c.WindowFrames)*s.c.Bands:][:s.c.Bands]
}

// Frame returns (Bands) the log energies in dB of the window's t-th frame, to read.
func (w *Window) Frame(t int) []float32 { return w.s.row(w.first + t) }

// Fill makes the window in dst (2, Bands, WindowFrames) = (channel, band, frame): dB, and
// dB a frame. Any goroutine may call it while the window is kept, for the windows of one
// stream one at a time.
func (w *Window) Fill(dst []float32) {
	c := &w.s.c
	n := min(c.WindowFrames, len(w.s.windows)*c.WindowFrames-w.first)
	head := w.s.logs[w.first*c.Bands:][:n*c.Bands]
	c.fillWindow(dst, head, w.s.logs[:(c.WindowFrames-n)*c.Bands], w.s.scratch)
}
