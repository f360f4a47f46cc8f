package acrnn

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/readfile"
)

// Timing is how long a training step takes, and where its time goes.
type Timing struct {
	Min, Median float64 // seconds a step
	Nodes       int     // of the graph, before the runtime's optimisations
	Shares      []Share // by layer, first to last, then the update; sums to about 1
	Operators   []Share // by operator and pass, most expensive first; Backward is not told apart
}

// Share is one part of a step's time.
type Share struct {
	Name              string  // layer ("l1" … "l10", "attention", "dense", "update") or operator
	Forward, Backward float64 // of the whole step's time in operators, 0 to 1
}

// Profile measures training steps of a on random numbers: steps of them on the
// clock, then three more under ONNX Runtime's profiler, whose nodes carry the
// layers' names.
//
// The profile is written below the system's temporary folder and removed.
func Profile(a Arch, o StepOptions, g infer.GraphOptions, steps int) (Timing, error) {
	g.Profile = ""
	seconds, err := timeSteps(a, o, g, max(1, steps))
	if err != nil {
		return Timing{}, err
	}
	slices.Sort(seconds)
	t := Timing{Min: seconds[0], Median: seconds[len(seconds)/2], Nodes: StepGraph(a, o).Nodes()}
	dir, err := os.MkdirTemp("", "earshot-profile-")
	if err != nil {
		return t, fmt.Errorf("profile: %w", err)
	}
	defer os.RemoveAll(dir)
	g.Profile = filepath.Join(dir, "step")
	if _, err := timeSteps(a, o, g, 3); err != nil {
		return t, err
	}
	events, err := readProfile(dir)
	if err != nil {
		return t, err
	}
	t.Shares, t.Operators = shares(events, layerOrder(StepGraph(a, o)))
	return t, nil
}

// timeSteps runs one step to warm up and then n on the clock.
func timeSteps(a Arch, o StepOptions, g infer.GraphOptions, n int) ([]float64, error) {
	e, err := NewEngine(a, o, g)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	copy(e.State()["weights"], InitWeights(a, HeInit, rng))
	for i := range e.Window() {
		e.Window()[i] = float32(rng.NormFloat64())
	}
	for i := range o.Batch {
		e.Target()[i*a.Classes+i%a.Classes] = 1
	}
	var seconds []float64
	for step := range n + 1 {
		began := time.Now()
		if _, err := e.Step(Rate{Learning: 1e-3, Decay: 1e-2, Average: 0.99, Trunk: 1, Step: step + 1}); err != nil {
			return nil, err
		}
		if step > 0 {
			seconds = append(seconds, time.Since(began).Seconds())
		}
	}
	return seconds, nil
}

// event is one execution of a node in ONNX Runtime's profile.
type event struct {
	Category string  `json:"cat"`
	Name     string  `json:"name"` // scope/value_kernel_time
	Micros   float64 `json:"dur"`
	Args     struct {
		Operator string `json:"op_name"`
	} `json:"args"`
}

// readProfile reads the one profile in dir, which the runtime wrote when the graph was closed.
func readProfile(dir string) ([]event, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err == nil && len(files) != 1 {
		err = fmt.Errorf("want one file in %s, found %d", dir, len(files))
	}
	if err != nil {
		return nil, fmt.Errorf("profile of ONNX Runtime: %w", err)
	}
	text, err := readfile.Bytes(files[0], 1<<30)
	if err != nil {
		return nil, fmt.Errorf("profile of ONNX Runtime: %w", err)
	}
	var all []event
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("profile of ONNX Runtime %s: %w", files[0], err)
	}
	return slices.DeleteFunc(all, func(e event) bool { return e.Category != "Node" || !strings.HasSuffix(e.Name, "_kernel_time") }), nil
}

// layerOrder lists the layers of a graph as their first nodes were emitted.
func layerOrder(g *onnx.Graph) (layers []Share) {
	for _, name := range g.NodeNames() {
		scope, _, _ := strings.Cut(name, "/")
		layer := strings.TrimSuffix(scope, backwardScope)
		if !slices.ContainsFunc(layers, func(s Share) bool { return s.Name == layer }) {
			layers = append(layers, Share{Name: layer})
		}
	}
	return layers
}

// shares sums the events by layer and by operator. Nodes that the runtime made itself and
// named its own way are not counted.
func shares(events []event, layers []Share) (_, operators []Share) {
	at, byOperator, total := map[string]int{}, map[string]float64{}, 0.0
	for i, l := range layers {
		at[l.Name] = i
	}
	for _, e := range events {
		scope, _, _ := strings.Cut(e.Name, "/")
		layer, backward := strings.CutSuffix(scope, backwardScope)
		i, known := at[layer]
		if !known {
			continue
		}
		total += e.Micros
		byOperator[e.Args.Operator] += e.Micros
		if backward {
			layers[i].Backward += e.Micros
		} else {
			layers[i].Forward += e.Micros
		}
	}
	for i := range layers {
		layers[i].Forward, layers[i].Backward = layers[i].Forward/total, layers[i].Backward/total
	}
	for name, micros := range byOperator {
		operators = append(operators, Share{Name: name, Forward: micros / total})
	}
	slices.SortFunc(operators, func(a, b Share) int {
		if a.Forward != b.Forward {
			return map[bool]int{true: -1, false: 1}[a.Forward > b.Forward]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return layers, operators
}
