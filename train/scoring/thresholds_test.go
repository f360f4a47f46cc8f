package scoring

import (
	"slices"
	"testing"

	"earshot/train/features"
)

// Thresholds are found on the windows that the daemon would make of a clip.
func TestHeardStarts(t *testing.T) {
	for _, c := range []struct {
		frames, phase int
		want          []int
	}{{300, 0, []int{0, 64, 128}}, {300, 32, []int{32, 96, 160}}, {100, 0, []int{0}}, {128, 0, []int{0}}, {192, 0, []int{0, 64}}} {
		if got := heardStarts(&features.Clip{Frames: c.frames}, c.phase); !slices.Equal(got, c.want) {
			t.Errorf("%d frames from %d: %v, want %v", c.frames, c.phase, got, c.want)
		}
	}
}
