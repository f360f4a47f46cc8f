package remote

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"earshot/infer"
)

// Contract is what a server's model must be: the network that this machine's model file holds.
type Contract struct {
	Labels   []string // (K) in the order of the scores
	Steps    int      // T
	FrontEnd string   // fingerprint, JSON
	Trial    Trial
}

// NewContract is the contract of a model, with its scores of the trial windows by run, which is a [infer.Session]'s Run.
func NewContract(m *infer.Model, run func(x []float32, n int) (scores, attention []float32, err error)) (Contract, error) {
	c := Contract{Labels: m.Labels, Steps: m.Steps, FrontEnd: m.FrontEnd}
	for _, x := range trialWindows() {
		scores, _, err := run(x, 1)
		if err != nil {
			return c, fmt.Errorf("trial windows for the inference server: %w", err)
		}
		c.Trial.X = append(c.Trial.X, x...)
		c.Trial.Scores = append(c.Trial.Scores, scores...)
	}
	return c, nil
}

// Trial is windows with the scores that a server must come to.
type Trial struct {
	X      []float32 // (n, 2, 128, 128)
	Scores []float32 // (n, K)
}

// TrialTolerance is how far a score may be off: a graphics card's arithmetic, 16-bit weights and windows stay below it,
// another network does not.
const TrialTolerance = 0.05

// trialWindows are silence, noise, a falling tone and a click: different enough to tell networks apart.
func trialWindows() [][]float32 {
	random := rand.New(rand.NewPCG(1, 2))
	level := []func(band, frame int) float64{
		func(int, int) float64 { return -100 },
		func(int, int) float64 { return -40 + 6*random.NormFloat64() },
		func(band, frame int) float64 {
			return -80 + 50*math.Exp(-math.Pow(float64(band)-100+0.6*float64(frame), 2)/18)
		},
		func(_, frame int) float64 { return -80 + 60*math.Exp(-math.Abs(float64(frame)-40)/6) },
	}
	var windows [][]float32
	for _, at := range level {
		x := make([]float32, infer.WindowLen)
		for band := range infer.Bands {
			row := x[band*infer.Frames:][:infer.Frames]
			for frame := range row {
				row[frame] = float32(at(band, frame))
			}
			slope := x[(infer.Bands+band)*infer.Frames:][:infer.Frames]
			for frame := range slope { // near enough to the front end's
				slope[frame] = (row[min(frame+1, infer.Frames-1)] - row[max(frame-1, 0)]) / 2
			}
		}
		windows = append(windows, x)
	}
	return windows
}

// hold compares what a server says with the contract; every fault is told at once.
func (c *Contract) hold(d *description, s *Settings) error {
	var faults []string
	fault := func(format string, a ...any) { faults = append(faults, fmt.Sprintf(format, a...)) }
	k, t := int64(len(c.Labels)), int64(c.Steps)
	for _, want := range []struct {
		kind, name, datatype string
		in                   []tensor
		shape                []int64
	}{
		{"input", inputName, s.datatype(), d.inputs, []int64{-1, infer.Channels, infer.Bands, infer.Frames}},
		{"output", scoresName, "FP32", d.outputs, []int64{-1, k}},
		{"output", attentionName, "FP32", d.outputs, []int64{-1, t}},
	} {
		i := slices.IndexFunc(want.in, func(t tensor) bool { return t.Name == want.name })
		if i < 0 {
			fault("it has no %s %q, but %s", want.kind, want.name, names(want.in))
			continue
		}
		found := want.in[i]
		if found.Datatype != want.datatype {
			hint := ""
			if want.name == inputName && found.Datatype == "FP16" {
				hint = " (set precision: fp16)"
			} else if want.name == inputName && s.FP16 {
				hint = " (set precision: fp32, or export the model with --precision fp16)"
			}
			fault("its %s %q is of type %.20q, want %s%s", want.kind, want.name, found.Datatype, want.datatype, hint)
		}
		if !fits(found.Shape, want.shape) {
			fault("its %s %q has the shape %s, want %v", want.kind, want.name, shape(found.Shape), want.shape)
		}
	}
	if len(d.inputs) > 1 {
		fault("it wants %d inputs, %s; want %q alone", len(d.inputs), names(d.inputs), inputName)
	}
	if why := c.labels(d.properties["labels"]); why != "" {
		fault("%s", why)
	}
	if text := d.properties["front_end"]; text != "" && !sameJSON(text, c.FrontEnd) {
		fault("its front end is another one, %.120q", text)
	}
	if len(faults) > 0 {
		return fmt.Errorf("its model %s is not this machine's: %s", s.modelName(), strings.Join(faults, "; "))
	}
	return nil
}

// labels compares the labels that travelled with a model, "" when none did.
func (c *Contract) labels(text string) string {
	if text == "" {
		return ""
	}
	theirs := strings.Split(text, ",")
	if len(theirs) != len(c.Labels) {
		return fmt.Sprintf("it knows %d labels, want %d", len(theirs), len(c.Labels))
	}
	for i, l := range c.Labels {
		if theirs[i] != l {
			return fmt.Sprintf("its label %d is %.50q, want %q", i, theirs[i], l)
		}
	}
	return ""
}

// fits tells whether a shape may be want's; −1 is free on both sides, but the first must be, for batches.
func fits(found, want []int64) bool {
	if len(found) != len(want) {
		return false
	}
	for i := range want {
		if found[i] != want[i] && (i == 0 || found[i] != -1) {
			return false
		}
	}
	return true
}

// shape and names are what a stranger said, short.
func shape(s []int64) string {
	if len(s) > 8 {
		return fmt.Sprintf("%v… (%d dimensions)", s[:8], len(s))
	}
	return fmt.Sprint(s)
}

func names(all []tensor) string {
	if len(all) == 0 {
		return "none"
	}
	var some []string
	for _, t := range all[:min(len(all), 4)] {
		some = append(some, fmt.Sprintf("%.40q", t.Name))
	}
	return strings.Join(some, ", ")
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// judge holds a server's scores of the i-th trial window against the contract's.
func (c *Contract) judge(i int, scores []float32) error {
	want := c.Trial.Scores[i*len(c.Labels):][:len(c.Labels)]
	worst, by := 0, 0.0
	for k := range want {
		if d := math.Abs(float64(scores[k] - want[k])); d > by {
			worst, by = k, d
		}
	}
	if by > TrialTolerance {
		return fmt.Errorf("a trial window has the score %.3f for %q there and %.3f here: it serves another network", scores[worst], c.Labels[worst], want[worst])
	}
	return nil
}
