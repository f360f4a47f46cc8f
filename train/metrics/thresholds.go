package metrics

import (
	"fmt"
	"math"
	"sort"
)

// Threshold is where a label switches on and off, and what that costs.
type Threshold struct {
	On          float64 `json:"on"`
	Off         float64 `json:"off"`
	Recall      float64 `json:"recall"`       // of the label's own clips, the share that switch it on
	FalseAlarms float64 `json:"false_alarms"` // of all other clips, the share that switch it on
	Own, Others int     `json:"-"`            // clips behind both shares
}

// ThresholdOptions says what thresholds to look for.
type ThresholdOptions struct {
	FalseAlarms float64 // share of other clips that may switch a label on, such as 0.005
	Never       int     // label (background) whose clips may switch nothing on within Most; −1 for none
	Average     int     // windows in the running mean that is compared, as the daemon has it; 0 means 1
	Least, Most float64 // bounds on On; 0 means 0.2 and 0.95
	Hysteresis  float64 // Off = Hysteresis·On; 0 means 0.6
}

// Thresholds finds for every label of K the lowest On that keeps false alarms
// within the target, on clips the model was not trained on. A label that no
// clip carries gets the same treatment, with Recall 0.
func Thresholds(labels []string, clips []Clip, o ThresholdOptions) ([]Threshold, error) {
	if o.Average == 0 {
		o.Average = 1
	}
	if o.Least == 0 {
		o.Least = 0.2
	}
	if o.Most == 0 {
		o.Most = 0.95
	}
	if o.Hysteresis == 0 {
		o.Hysteresis = 0.6
	}
	if !(o.FalseAlarms >= 0 && o.FalseAlarms < 1) || o.Average < 1 || !(0 < o.Least && o.Least <= o.Most && o.Most < 1) || !(o.Hysteresis > 0 && o.Hysteresis <= 1) {
		return nil, fmt.Errorf("thresholds: %+v; want a false-alarm share from 0 to below 1, an average of at least 1 window, bounds 0 < least ≤ most < 1, a hysteresis over 0 to 1", o)
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("thresholds: no clip to find them on")
	}
	k := len(labels)
	own, others, never := make([][]float64, k), make([][]float64, k), make([][]float64, k) // (label) peaks of clips
	for _, c := range clips {
		if err := checkClip(c, k); err != nil {
			return nil, fmt.Errorf("thresholds: %w", err)
		}
		for l, p := range Peaks(c.Scores, k, o.Average) {
			if l == c.Label {
				own[l] = append(own[l], p)
			} else if others[l] = append(others[l], p); c.Label == o.Never {
				never[l] = append(never[l], p)
			}
		}
	}
	out := make([]Threshold, k)
	for l := range labels {
		on := max(quietest(others[l], o.FalseAlarms), quietest(never[l], 0), o.Least)
		on = min(on, o.Most)
		out[l] = Threshold{On: on, Off: o.Hysteresis * on, Recall: reach(own[l], on), FalseAlarms: reach(others[l], on), Own: len(own[l]), Others: len(others[l])}
	}
	return out, nil
}

// Peaks is each label's highest running mean of average windows in scores
// (windows, k); a clip with fewer windows is averaged as a whole.
func Peaks(scores []float32, k, average int) []float64 {
	n := len(scores) / k
	average = min(average, n)
	out := make([]float64, k)
	sum := make([]float64, k)
	for w := range n {
		for l := range k {
			sum[l] += float64(scores[w*k+l])
			if w >= average {
				sum[l] -= float64(scores[(w-average)*k+l])
			}
			if w >= average-1 {
				out[l] = math.Max(out[l], sum[l]/float64(average))
			}
		}
	}
	return out
}

// quietest is the lowest threshold, rounded up to 0.001, that at most share of
// the peaks reach.
func quietest(peaks []float64, share float64) float64 {
	sorted := append([]float64(nil), peaks...)
	sort.Sort(sort.Reverse(sort.Float64Slice(sorted)))
	allowed := int(share * float64(len(sorted)))
	if allowed >= len(sorted) {
		return 0
	}
	// Just above the first peak that must not reach it.
	return math.Floor(sorted[allowed]*1000+1) / 1000
}

func reach(peaks []float64, on float64) float64 {
	n := 0
	for _, p := range peaks {
		if p >= on {
			n++
		}
	}
	return ratio(n, len(peaks))
}
