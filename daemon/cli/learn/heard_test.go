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
	if c.Windows.HopFrames != scoring.HeardHop || !c.Windows.Halfway || c.Smoothing.Windows != scoring.HeardWindows {
		t.Errorf("the daemon takes the mean of %d windows, %d frames apart (halfway %v); thresholds are found for %d, %d apart (halfway true)",
			c.Smoothing.Windows, c.Windows.HopFrames, c.Windows.Halfway, scoring.HeardWindows, scoring.HeardHop)
	}
}
