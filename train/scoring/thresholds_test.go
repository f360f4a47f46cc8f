package scoring

import (
	"slices"
	"testing"

	"earshot/train/features"
)

// Thresholds are found on the windows that the daemon would make of a clip.
func TestHeardStarts(t *testing.T) {
	for _, c := range []struct {
		frames, phase, later int
		want                 []int
	}{{300, 0, 0, []int{0, 64, 128}}, {300, 32, 0, []int{32, 96, 160}}, {100, 0, 0, []int{0}}, {128, 0, 0, []int{0}}, {192, 0, 0, []int{0, 64}},
		{300, 0, 32, []int{32, 96, 160}}, {300, 16, 32, []int{48, 112}}, {100, 0, 32, nil}} {
		if got := heardStarts(&features.Clip{Frames: c.frames}, c.phase, c.later); !slices.Equal(got, c.want) {
			t.Errorf("%d frames from %d, %d later: %v, want %v", c.frames, c.phase, c.later, got, c.want)
		}
	}
}
