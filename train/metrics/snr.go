package metrics

// Ladder is the signal-to-noise ratios that robustness is measured at: dB, whole-clip.
var Ladder = []float64{20, 15, 10, 5, 0, -5}

// SNRPoint is one point of the robustness curves.
type SNRPoint struct {
	Noise    string  `json:"noise"`
	SNR      float64 `json:"snr_db"`
	Accuracy float64 `json:"clip_accuracy"`
}
