package bench

import (
	"fmt"
	"time"

	"earshot/infer"
	"earshot/train/modelfile"
)

// Inference measures the network: time a window by batch size and threads, and in eight bits where the model can be run so.
func Inference(m *infer.Model, provider string, budget time.Duration) ([]Row, error) {
	rows, err := inference(m, "", provider, budget)
	if err != nil || provider != "cpu" && provider != infer.Auto {
		return rows, err
	}
	small, err := modelfile.EightBit(m)
	if err != nil || small == m {
		return rows, nil // nothing to compare with
	}
	more, err := inference(small, ", int8", provider, budget)
	return append(rows, more...), err
}

// inference measures one form of the network.
func inference(m *infer.Model, form, provider string, budget time.Duration) ([]Row, error) {
	var rows []Row
	x := noise(8 * infer.WindowLen)
	for i := range x {
		x[i] = x[i]*100 - 40 // dB, as a room has them
	}
	for _, threads := range []int{1, 2} {
		s, err := infer.NewSession(m, infer.Options{Provider: provider, Threads: threads, MaxBatch: 8})
		if err != nil {
			return nil, err
		}
		var failed error
		run := func(n int) func() {
			scores, attention := make([]float32, n*s.Labels), make([]float32, n*s.Steps)
			return func() {
				if err := s.RunInto(x[:n*infer.WindowLen], n, scores, attention); err != nil {
					failed = err
				}
			}
		}
		clock := wallClock
		if threads == 1 { // what other programs do meanwhile does not count
			clock = processorTime
		}
		t := compare(clock, budget/2, run(1), run(8))
		s.Close()
		if failed != nil {
			return nil, failed
		}
		for i, n := range []int{1, 8} {
			r := Row{Name: fmt.Sprintf("a window, batch %d, %d thread(s), %s%s", n, threads, s.Provider, form), Value: millis(t[i]) / float64(n), Unit: "ms"}
			if n == 1 && threads == 1 && form == "" {
				r.Aim = "about 4.8 on the reference machine"
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}
