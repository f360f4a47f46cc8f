// Package metrics turns scores into figures: accuracy by the paper's rule,
// per-class figures, confusion, calibration, thresholds, robustness against
// noise, and the network's cost.
//
// Scores are probabilities, (windows, K) row-major, K labels of the model.
// A model may know labels that a data set does not have (background, a user's
// doorbell): figures are computed over the kept labels alone, so that they stay
// comparable between models.
package metrics

import (
	"fmt"
	"math"
)

// Clip is one clip's truth and what the model said of its windows.
type Clip struct {
	Name   string
	Label  int       // index among the model's K labels
	Scores []float32 // (windows, K) probabilities
}

// Class is one label's figures, over clips.
type Class struct {
	Label     string  `json:"label"`
	Clips     int     `json:"clips"`     // that carry the label
	Precision float64 `json:"precision"` // of the clips named so, the share that are; 0 if none was named so
	Recall    float64 `json:"recall"`    // of the clips that are, the share named so; 0 if there is none
	F1        float64 `json:"f1"`        // harmonic mean of both
}

// Mistake is a clip that was named wrongly.
type Mistake struct {
	Name   string  `json:"clip"`
	Truth  string  `json:"truth"`
	Named  string  `json:"named"`
	Score  float64 `json:"score"`       // of the label named
	OfTrue float64 `json:"truth_score"` // of the true label
}

// Result is an evaluation over the kept labels.
type Result struct {
	Labels         []string  `json:"labels"`
	Clips          int       `json:"clips"`
	Windows        int       `json:"windows"`
	LeftOut        int       `json:"left_out"`          // clips of labels that are not kept
	ClipAccuracy   float64   `json:"clip_accuracy"`     // argmax of the mean probability of a clip's windows
	Low            float64   `json:"clip_accuracy_low"` // 95 % Wilson interval of it
	High           float64   `json:"clip_accuracy_high"`
	WindowAccuracy float64   `json:"window_accuracy"`
	MacroF1        float64   `json:"macro_f1"` // mean over labels that have clips
	NLL            float64   `json:"nll"`      // mean −ln of the true label's clip probability
	Calibration              // of clip probabilities
	PerClass       []Class   `json:"per_class"`
	Confusion      [][]int   `json:"confusion"` // (truth, named) clips
	Mistakes       []Mistake `json:"mistakes"`
}

// Evaluate computes every figure of clips. labels are the model's K labels in
// order, keep marks those the figures are about (nil: all). A clip's score is
// the mean over its windows, then cut to the kept labels and made to sum to 1.
//
// Errors: no clip, fewer than two kept labels, a clip without windows, with a
// label that is none, or with scores that are no probabilities.
func Evaluate(labels []string, keep []bool, clips []Clip) (*Result, error) {
	index, kept, err := keptIndex(labels, keep)
	if err != nil {
		return nil, err
	}
	r := &Result{Labels: kept, Confusion: make([][]int, len(kept))}
	for i := range r.Confusion {
		r.Confusion[i] = make([]int, len(kept))
	}
	var confidence []float64
	var right []bool
	rightWindows := 0
	for _, c := range clips {
		if err := checkClip(c, len(labels)); err != nil {
			return nil, err
		}
		truth := index[c.Label]
		if truth < 0 {
			r.LeftOut++
			continue
		}
		p := cut(Mean(c.Scores, len(labels)), index, len(kept))
		named := Best(p)
		r.Confusion[truth][named]++
		r.NLL -= math.Log(math.Max(p[truth], 1e-12))
		confidence, right = append(confidence, p[named]), append(right, named == truth)
		if named != truth {
			r.Mistakes = append(r.Mistakes, Mistake{c.Name, kept[truth], kept[named], p[named], p[truth]})
		}
		for at := 0; at < len(c.Scores); at += len(labels) {
			r.Windows++
			if Best(cut(widen(c.Scores[at:at+len(labels)]), index, len(kept))) == truth {
				rightWindows++
			}
		}
		r.Clips++
	}
	if r.Clips == 0 {
		return nil, fmt.Errorf("evaluate: none of %d clips carries one of the %d labels to test", len(clips), len(kept))
	}
	hits := r.Clips - len(r.Mistakes)
	r.ClipAccuracy = float64(hits) / float64(r.Clips)
	r.Low, r.High = Wilson(hits, r.Clips)
	r.WindowAccuracy = float64(rightWindows) / float64(r.Windows)
	r.NLL /= float64(r.Clips)
	r.Calibration = Calibrate(confidence, right)
	r.PerClass, r.MacroF1 = perClass(kept, r.Confusion)
	return r, nil
}

// keptIndex maps the model's labels to kept ones, −1 for those left out.
func keptIndex(labels []string, keep []bool) (index []int, kept []string, err error) {
	if keep != nil && len(keep) != len(labels) {
		panic(fmt.Sprintf("metrics: %d marks for %d labels", len(keep), len(labels)))
	}
	for i, l := range labels {
		if keep != nil && !keep[i] {
			index = append(index, -1)
			continue
		}
		index = append(index, len(kept))
		kept = append(kept, l)
	}
	if len(kept) < 2 {
		return nil, nil, fmt.Errorf("evaluate: %d labels to test; want at least 2", len(kept))
	}
	return index, kept, nil
}

func checkClip(c Clip, k int) error {
	switch {
	case c.Label < 0 || c.Label >= k:
		return fmt.Errorf("evaluate clip %q: label %d; the model has 0 to %d", c.Name, c.Label, k-1)
	case len(c.Scores) == 0:
		return fmt.Errorf("evaluate clip %q: no window was scored", c.Name)
	case len(c.Scores)%k != 0:
		return fmt.Errorf("evaluate clip %q: %d scores are not whole windows of %d labels", c.Name, len(c.Scores), k)
	}
	for i, v := range c.Scores {
		if !(v >= 0 && v <= 1.0001) {
			return fmt.Errorf("evaluate clip %q: window %d, label %d scores %g; want a probability from 0 to 1", c.Name, i/k, i%k, v)
		}
	}
	return nil
}

// Mean is the mean over windows of scores (windows, k): the paper's score of a
// clip. It panics if scores are not whole windows.
func Mean(scores []float32, k int) []float64 {
	if k < 1 || len(scores)%k != 0 || len(scores) == 0 {
		panic(fmt.Sprintf("metrics: mean of %d scores of %d labels", len(scores), k))
	}
	out := make([]float64, k)
	for i, v := range scores {
		out[i%k] += float64(v)
	}
	for i := range out {
		out[i] *= float64(k) / float64(len(scores))
	}
	return out
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// cut keeps the indexed probabilities and makes them sum to 1; if nothing is
// left of them, all are alike.
func cut(p []float64, index []int, n int) []float64 {
	out := make([]float64, n)
	sum := 0.0
	for i, at := range index {
		if at >= 0 {
			out[at] = p[i]
			sum += p[i]
		}
	}
	for i := range out {
		if sum > 0 {
			out[i] /= sum
		} else {
			out[i] = 1 / float64(n)
		}
	}
	return out
}

// Best is the index of the highest value, the first of equals; −1 of nothing.
func Best(p []float64) int {
	best := -1
	for i, v := range p {
		if best < 0 || v > p[best] {
			best = i
		}
	}
	return best
}

func perClass(labels []string, confusion [][]int) (out []Class, macroF1 float64) {
	with := 0
	for i, l := range labels {
		named, is := 0, 0
		for j := range labels {
			named += confusion[j][i]
			is += confusion[i][j]
		}
		c := Class{Label: l, Clips: is, Precision: ratio(confusion[i][i], named), Recall: ratio(confusion[i][i], is)}
		if s := c.Precision + c.Recall; s > 0 {
			c.F1 = 2 * c.Precision * c.Recall / s
		}
		if is > 0 {
			macroF1 += c.F1
			with++
		}
		out = append(out, c)
	}
	return out, macroF1 / float64(max(with, 1))
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
