package train

import (
	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/features"
)

// The geometry of a window, as the network takes it.
const (
	Bands     = features.Bands
	Frames    = infer.Frames
	WindowLen = infer.WindowLen // (2,128,128): log-gammatone and delta, bands, frames
)

// DefaultFloor is the smallest energy of a new model's front end, −50 dB: below
// what a microphone's own noise gives in any band, above what codecs and zero
// padding leave in clips.
const DefaultFloor = 1e-5

// Starts lists the windows of a clip at a hop, without those that are
// mostly digital silence (all of them where nothing else is left).
func Starts(c *features.Clip, hop int) []int {
	var all, sounding []int
	for start := 0; ; start += hop {
		all = append(all, start)
		if c.SilentShare(start, Frames) < 0.9 {
			sounding = append(sounding, start)
		}
		if start+hop+Frames > c.Frames {
			break
		}
	}
	if len(sounding) == 0 {
		return all
	}
	return sounding
}

// Cut writes the un-normalised window of c at start to dst; frames past
// the clip's end are digital silence. log is scratch, (128,128).
func Cut(dst, log []float32, c *features.Clip, start int, front gammatone.Config) {
	have := min(max(c.Frames-start, 0), Frames)
	clear(log)
	if have > 0 {
		copy(log, c.Energies[start*Bands:(start+have)*Bands])
	}
	gammatone.LogFloor(log, log, front.Floor)
	front.FillWindow(dst, log)
}
