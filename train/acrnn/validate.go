package acrnn

import "fmt"

// maxSize bounds the parameters of a network that is read from a file: twenty
// times the widest that New makes.
const maxSize = 1 << 30

// Validate reports the first thing that keeps a from being a network. New makes
// valid ones; this is for what comes out of a file.
func (a Arch) Validate() error {
	within := func(n, least, most int) bool { return n >= least && n <= most }
	if err := a.Attention.check(); err != nil {
		return err
	}
	switch {
	case !within(a.Classes, 2, 1<<16):
		return fmt.Errorf("%d labels, want at least 2", a.Classes)
	case !within(a.Hidden, 1, 1<<14):
		return fmt.Errorf("%d GRU cells, want at least 1", a.Hidden)
	case len(a.Convs) != 8:
		return fmt.Errorf("%d convolution layers, want 8", len(a.Convs))
	case !within(a.Bands, 1, 1<<12) || !within(a.Frames, 1, 1<<12):
		return fmt.Errorf("windows of %d bands × %d frames", a.Bands, a.Frames)
	}
	in, bands, frames := 2, a.Bands, a.Frames
	for i, c := range a.Convs {
		switch {
		case c.In != in || !within(c.Out, 1, 1<<14):
			return fmt.Errorf("layer l%d makes %d channels of %d, want some of %d", i+1, c.Out, c.In, in)
		case !within(c.KH, 1, 15) || !within(c.KW, 1, 15) || c.KH%2 == 0 || c.KW%2 == 0:
			return fmt.Errorf("layer l%d has a kernel of %d×%d, want odd numbers up to 15", i+1, c.KH, c.KW)
		case c.PoolH < 1 || c.PoolW < 1 || bands%c.PoolH != 0 || frames/c.PoolW < 1 || i == 0 && c.Pooled():
			return fmt.Errorf("layer l%d pools %d×%d of %d bands × %d frames", i+1, c.PoolH, c.PoolW, bands, frames)
		}
		in, bands, frames = c.Out, bands/c.PoolH, frames/c.PoolW
	}
	if n := a.Size(); n > maxSize {
		return fmt.Errorf("%d parameters, want up to %d", n, maxSize)
	}
	return nil
}
