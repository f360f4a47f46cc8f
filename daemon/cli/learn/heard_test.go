package learn

import (
	"testing"

	"earshot/daemon/config"
	"earshot/train/scoring"
)

// A model's thresholds are found for the means of windows that the daemon makes
// of its scores by default.
func TestThresholdsAreFoundForTheDaemonsMeans(t *testing.T) {
	c := config.Default()
	if c.Windows.HopFrames != scoring.HeardHop || c.Smoothing.Windows != scoring.HeardWindows {
		t.Errorf("the daemon takes the mean of %d windows, %d frames apart; thresholds are found for %d, %d apart",
			c.Smoothing.Windows, c.Windows.HopFrames, scoring.HeardWindows, scoring.HeardHop)
	}
}
