package batches

import (
	"testing"

	"earshot/train/features"
)

// A long recording is drawn as often as its seconds ask, a short one at least once.
func TestBackgroundIsDrawnByLength(t *testing.T) {
	short, clip, long := &features.Clip{Frames: 100}, &features.Clip{Frames: 429}, &features.Clip{Frames: 4300}
	count := map[*features.Clip]int{}
	for _, c := range byLength([]*features.Clip{short, clip, long}) {
		count[c]++
	}
	if count[short] != 1 || count[clip] != 1 || count[long] != 10 {
		t.Errorf("100, 429 and 4300 frames are listed %d, %d and %d times, want 1, 1 and 10", count[short], count[clip], count[long])
	}
}
