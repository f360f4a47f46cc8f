package cli

import (
	"testing"

	"earshot/daemon/config"
	"earshot/train"
)

// A model's thresholds are found for the means of windows that the daemon makes
// of its scores by default.
func TestThresholdsAreFoundForTheDaemonsMeans(t *testing.T) {
	c := config.Default()
	if c.Windows.HopFrames != train.HeardHop || c.Smoothing.Windows != train.HeardWindows {
		t.Errorf("the daemon takes the mean of %d windows, %d frames apart; thresholds are found for %d, %d apart",
			c.Smoothing.Windows, c.Windows.HopFrames, train.HeardWindows, train.HeardHop)
	}
}
