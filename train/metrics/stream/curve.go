package stream

// Point is one threshold's events, for all recordings.
type Point struct {
	Threshold float64   // smoothed score that switches a label on
	Found     [][]Found // of each recording, in the recordings' order
}

// DETPoint is one point of a detection error trade-off.
type DETPoint struct {
	Threshold float64 `json:"threshold"`
	FalseHour float64 `json:"false_per_hour"`
	Missed    float64 `json:"missed"` // share of the references; 1 when there are none
}

// DET is a label's trade-off over thresholds: false events an hour against the
// share of its sounds that was missed. The usual axes are probabilities; a
// stream has no negative trials to make one of, so the false events are a rate.
type DET struct {
	Label  string     `json:"label"`
	Points []DETPoint `json:"points"`
}

// Curves holds the events of each threshold against the references of
// recordings, whose own Found is not looked at. The last curve is all labels
// together at a common threshold.
func Curves(labels []string, recordings []Recording, points []Point) []DET {
	out := make([]DET, len(labels)+1)
	at := make([]Recording, len(recordings))
	for _, p := range points {
		for i, r := range recordings {
			at[i] = r
			at[i].Found = p.Found[i]
		}
		each, all := Count(labels, at)
		for i, c := range append(each, all) {
			out[i].Label = c.Label
			out[i].Points = append(out[i].Points, DETPoint{p.Threshold, c.FalseHour, 1 - c.Recall})
		}
	}
	return out
}
