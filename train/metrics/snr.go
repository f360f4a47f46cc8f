package metrics

import "fmt"

// Ladder is the signal-to-noise ratios that robustness is measured at: dB, whole-clip.
var Ladder = []float64{20, 15, 10, 5, 0, -5}

// Right is the share of clips that were named right, of all clips changed in one way: by the first network alone and, where the model
// has a second opinion, by that alone and by both.
type Right struct {
	Accuracy float64  `json:"clip_accuracy"`
	Second   *float64 `json:"second_clip_accuracy,omitempty"`
	Both     *float64 `json:"both_clip_accuracy,omitempty"`
}

// String tells the shares in percent.
func (r Right) String() string {
	text := fmt.Sprintf("%.1f %%", 100*r.Accuracy)
	if r.Second != nil && r.Both != nil {
		text += fmt.Sprintf(", second alone %.1f %%, both %.1f %%", 100**r.Second, 100**r.Both)
	}
	return text
}

// SNRPoint is one point of the robustness curves.
type SNRPoint struct {
	Noise string  `json:"noise"`
	SNR   float64 `json:"snr_db"`
	Right
}

// BandPoint is what is left through a narrower band.
type BandPoint struct {
	Band string `json:"band"` // Hz of sample rate, or "telephone"
	Right
}
