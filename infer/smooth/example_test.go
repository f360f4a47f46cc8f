package smooth_test

import (
	"fmt"

	"earshot/infer/smooth"
)

// A dog barks from 2 s to 3 s. Windows last 1.5 s and come every 0.75 s; the
// network's attention (two steps a window here) says in which half it was.
func Example() {
	const second = 44100
	s := smooth.New(smooth.Config{
		Labels:        []string{"dog", "background"},
		Average:       2,
		Rules:         []smooth.Rule{{On: 0.6, Off: 0.4, Hold: second / 2}, {}},
		Background:    "background",
		WindowSamples: 3 * second / 2,
	})
	dog := []float32{0.01, 0.02, 0.95, 0.99, 0.90, 0.03, 0.01, 0.01}
	attention := [][]float32{{0.5, 0.5}, {0.5, 0.5}, {0.1, 0.9}, {0.8, 0.2}, {0.9, 0.1}, {0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}}
	var events []smooth.Event
	for i, p := range dog {
		at := int64(i) * 3 * second / 4
		events = s.Push(at, at+3*second/2, []float32{p, 1 - p}, attention[i], events[:0])
		for _, e := range events {
			if e.On {
				fmt.Printf("dog on: score %.2f, began at %.2f s\n", e.Score, float64(e.Onset)/second)
			} else {
				fmt.Printf("dog off: peak %.2f, strongest at %.2f s, ended by %.2f s\n",
					e.Peak, float64(e.PeakAt)/second, float64(e.End)/second)
			}
		}
	}
	// Output:
	// dog on: score 0.97, began at 2.25 s
	// dog off: peak 0.97, strongest at 2.62 s, ended by 4.50 s
}
