package picture

import (
	"sync"

	"earshot/gammatone"
	"earshot/internal/figure"
)

const (
	keepFrames  = 1378 // 16 s: on a machine that is behind, an event is told of sound that is some seconds old
	keepLooks   = 192  // windows whose attention is known: as many, at the shortest hop
	shownFrames = 430  // 5 s of a picture
	roomFrames  = 129  // 1.5 s of it before the onset, or more where not all that follows was heard yet
)

// strip is the newest of what a source's front end made and of where the network looked. Its buffers are made once:
// the listener copies into them and goes on.
type strip struct {
	front gammatone.Config

	mu     sync.Mutex // guards all below: listener and reporter write, the reporter reads
	logs   []float32  // (keepFrames, bands) dB, a ring
	count  int        // frames since the last hole
	next   int64      // absolute index of the first sample of the frame to come
	looks  [keepLooks]look
	looked int
}

// look is the network's attention to the window that begins at a sample.
type look struct {
	at    int64
	steps []float32
}

func newStrip(c gammatone.Config) *strip {
	return &strip{front: c, logs: make([]float32, keepFrames*c.Bands)}
}

// Window implements sink.Eye: the frames that are new are kept.
func (s *strip) Window(w *gammatone.Window) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hop := int64(s.front.HopSamples)
	known := (s.next - w.At) / hop
	if s.count == 0 || known < 0 || known > int64(s.front.WindowFrames) || (s.next-w.At)%hop != 0 { // a hole lies between
		known, s.count = 0, 0
	}
	for t := int(known); t < s.front.WindowFrames; t++ {
		copy(s.frame(s.count), w.Frame(t))
		s.count++
	}
	s.next = w.At + int64(s.front.WindowFrames)*hop
}

// frame is the room of a frame, by its number since the last hole.
func (s *strip) frame(n int) []float32 {
	return s.logs[n%keepFrames*s.front.Bands:][:s.front.Bands]
}

// Attended implements sink.Eye.
func (s *strip) Attended(at int64, steps []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.looks[s.looked%keepLooks]
	l.at, l.steps = at, append(l.steps[:0], steps...)
	s.looked++
}

// draw copies the sound around an onset into a picture whose time counts from there; nil when nothing was heard yet.
func (s *strip) draw(onset int64) *figure.Spectrogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := min(s.count, keepFrames)
	if kept == 0 {
		return nil
	}
	hop := s.front.HopSamples
	oldest := s.next - int64(kept*hop)
	frames := min(kept, shownFrames)
	skip := min(max(int((onset-oldest)/int64(hop))-roomFrames, 0), kept-frames)
	first := oldest + int64(skip*hop)
	rate := float64(s.front.SampleRate)
	p := &figure.Spectrogram{
		Log:    make([]float32, 0, frames*s.front.Bands),
		FrameS: float64(hop) / rate,
		StartS: (float64(first-onset) + float64(s.front.FrameSamples)/2) / rate,
	}
	for n := range frames {
		p.Log = append(p.Log, s.frame(s.count-kept+skip+n)...)
	}
	seen := figure.NewOverlap(frames)
	for _, l := range s.looks[:min(s.looked, keepLooks)] {
		if d := l.at - first; d%int64(hop) == 0 {
			seen.Add(int(d)/hop, s.front.WindowFrames, l.steps)
		}
	}
	p.Attention = seen.Points(p.StartS, p.FrameS)
	return p
}
