package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// CurveVersion is the version of the text that a Curve is kept as.
const CurveVersion = 1

// Bounds of what is read.
const (
	maxCurveBytes = 1 << 20
	maxSteps      = 64
)

// Curve is what each threshold of the fused score cost on sound that neither network nor head learned from. A model
// keeps it beside its head (metadata "verify_curve"), so that another rate can be asked for later.
type Curve struct {
	Steps  []float64           `json:"steps"` // thresholds that switch on, ascending, 0 to 1
	Labels map[string]Tradeoff `json:"labels"`
}

// Tradeoff is one label's part of a Curve; each list has one number a step.
type Tradeoff struct {
	Hours  float64 `json:"hours"`  // of sound without any of the labels
	Events []int   `json:"events"` // in these hours, all of them false
	Clips  int     `json:"clips"`  // of the label, held out; 0: nothing is known of recall
	Heard  []int   `json:"heard"`  // of them, those that reach the step
	Others int     `json:"others"` // clips of other labels, held out
	Wrong  []int   `json:"wrong"`  // of them, those that reach the step
}

// curveText is a Curve as a model file keeps it.
type curveText struct {
	Version int `json:"version"`
	Curve
}

// Marshal is the curve as JSON. It fails for a curve that [ParseCurve] would not take.
func (c Curve) Marshal() ([]byte, error) {
	b, err := json.Marshal(curveText{CurveVersion, c})
	if err == nil {
		_, err = ParseCurve(b)
	}
	if err != nil {
		return nil, fmt.Errorf("write the second opinion's curve: %w", err)
	}
	return b, nil
}

// ParseCurve reads what Marshal writes. The error says what was expected and what was found.
func ParseCurve(text []byte) (Curve, error) {
	if len(text) > maxCurveBytes {
		return Curve{}, fmt.Errorf("curve of %d bytes, want at most %d", len(text), maxCurveBytes)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	var t curveText
	if err := d.Decode(&t); err != nil {
		return Curve{}, fmt.Errorf("curve: want a JSON object of version, steps and labels: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Curve{}, errors.New("curve: more follows the JSON object")
	}
	if t.Version != CurveVersion {
		return Curve{}, fmt.Errorf("curve of version %d, this earshot reads version %d", t.Version, CurveVersion)
	}
	return t.Curve, t.check()
}

func (c Curve) check() error {
	if n := len(c.Steps); n < 1 || n > maxSteps || len(c.Labels) > maxLabels {
		return fmt.Errorf("curve: %d steps, %d labels; want 1 to %d, at most %d", n, len(c.Labels), maxSteps, maxLabels)
	}
	for i, s := range c.Steps {
		if !(s > 0 && s <= 1) || i > 0 && s <= c.Steps[i-1] {
			return fmt.Errorf("curve: step %d is %g; want more than the one before, over 0 to 1", i, s)
		}
	}
	for l, t := range c.Labels {
		if err := t.check(len(c.Steps)); err != nil {
			return fmt.Errorf("curve of %.60q: %w", l, err)
		}
	}
	return nil
}

func (t Tradeoff) check(steps int) error {
	if !(t.Hours >= 0 && t.Hours < 1e6) || t.Clips < 0 || t.Others < 0 {
		return fmt.Errorf("%g hours, %d clips, %d others; want 0 or more", t.Hours, t.Clips, t.Others)
	}
	for _, list := range []struct {
		name string
		n    []int
		most int
	}{{"events", t.Events, 1 << 30}, {"heard", t.Heard, t.Clips}, {"wrong", t.Wrong, t.Others}} {
		if len(list.n) != steps {
			return fmt.Errorf("%d %s for %d steps", len(list.n), list.name, steps)
		}
		for i, n := range list.n {
			if n < 0 || n > list.most {
				return fmt.Errorf("%s of step %d: %d, want 0 to %d", list.name, i, n, list.most)
			}
		}
	}
	return nil
}
