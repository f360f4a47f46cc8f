package classify

import (
	"earshot/gammatone"
	"earshot/train/features"
)

// framer turns sound that comes in pieces into frames, and keeps those that a
// window may still need.
type framer struct {
	front   *gammatone.FrontEnd
	cfg     gammatone.Config
	samples int64     // that came
	head    []float32 // the sound's start, up to one window: a short file is padded from it
	rest    []float32 // samples that the next frame starts with
	log     []float32 // (total − base, 128) dB
	silent  []bool    // (total − base) digital silence
	base    int       // frames forgotten
	total   int       // frames that came
}

func newFramer(front *gammatone.FrontEnd) *framer {
	return &framer{front: front, cfg: front.Config()}
}

func (f *framer) push(x []float32) {
	f.samples += int64(len(x))
	if room := f.cfg.WindowSamples() - len(f.head); room > 0 {
		f.head = append(f.head, x[:min(room, len(x))]...)
	}
	f.rest = append(f.rest, x...)
	n := f.cfg.Frames(len(f.rest))
	if n == 0 {
		return
	}
	e := f.front.BatchEnergies(f.rest)
	for t := range n {
		sum := 0.0
		for _, v := range e[t*f.cfg.Bands:][:f.cfg.Bands] {
			sum += float64(v)
		}
		f.silent = append(f.silent, sum < features.SilenceEnergy)
	}
	gammatone.LogFloor(e, e, f.cfg.Floor)
	f.log = append(f.log, e...)
	f.total += n
	f.rest = append(f.rest[:0], f.rest[n*f.cfg.HopSamples:]...)
}

// forget drops frames before start, but keeps the last window's: it may be wanted at the end.
func (f *framer) forget(start int) {
	n := min(start, f.total-f.cfg.WindowFrames) - f.base
	if n < 256 { // moving what remains should be rare
		return
	}
	f.log = append(f.log[:0], f.log[n*f.cfg.Bands:]...)
	f.silent = append(f.silent[:0], f.silent[n:]...)
	f.base += n
}

// frames returns (≥ 1, 128) dB from a frame on.
func (f *framer) frames(start int) []float32 { return f.log[(start-f.base)*f.cfg.Bands:] }

func (f *framer) silentFrames(start, n int) int {
	count := 0
	for _, s := range f.silent[start-f.base:][:n] {
		if s {
			count++
		}
	}
	return count
}
