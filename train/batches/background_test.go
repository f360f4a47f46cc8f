package batches

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/train"
	"earshot/train/features"
)

// Of a kind a long recording is drawn as often as its seconds ask, a short one as one of five; a kind as the root of its
// seconds asks.
func TestBackgroundsAreDrawnByLengthAndKind(t *testing.T) {
	short, long := &features.Clip{Frames: 100}, &features.Clip{Frames: 15 * fiveSeconds}
	kitchen := &features.Clip{Frames: fiveSeconds}
	var d train.Data
	d.AddQuiet("music", short, long)
	d.AddQuiet("kitchen", kitchen)
	b, rng := newBackgrounds(&d), rand.New(rand.NewPCG(1, 2))
	count := map[*features.Clip]float64{}
	const n = 20_000
	for range n {
		count[b.draw(rng)]++
	}
	for clip, want := range map[*features.Clip]float64{short: 4. / 5 / 16, long: 4. / 5 * 15 / 16, kitchen: 1. / 5} {
		if got := count[clip] / n; math.Abs(got-want) > 0.02 {
			t.Errorf("a clip of %d frames is %.3f of what is drawn, want %.3f", clip.Frames, got, want)
		}
	}
}
