package classify

import "earshot/train/features"

// silence counts the digitally silent frames among the newest of a sound, as many as a window has.
type silence struct {
	frames []bool // (WindowFrames) a ring; true where the frame is silent
	next   int    // in frames
	count  int    // of true
}

func (s *silence) reset() {
	clear(s.frames)
	s.next, s.count = 0, 0
}

// push takes the energies of the next frame.
func (s *silence) push(_ int64, energies []float32) {
	sum := 0.0
	for _, v := range energies {
		sum += float64(v)
	}
	if s.frames[s.next] {
		s.count--
	}
	s.frames[s.next] = sum < features.SilenceEnergy
	if s.frames[s.next] {
		s.count++
	}
	s.next = (s.next + 1) % len(s.frames)
}
