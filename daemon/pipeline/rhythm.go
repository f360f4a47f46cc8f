package pipeline

import (
	"sync"

	"earshot/gammatone"
	"earshot/infer/beside"
)

// rhythm brings what is told by its rhythm beside the network's scores: the detector hears every frame in the listener,
// and the reporter finds what it said when a window was complete. A nil rhythm adds nothing.
type rhythm struct {
	detector *beside.Detector // the listener's

	mu     sync.Mutex
	at     [remembered]int64 // ends of windows
	scores [remembered][]float32
	next   int
}

// remembered is more windows than can be on their way.
const remembered = 4096

func newRhythm(c gammatone.Config) *rhythm {
	r := &rhythm{detector: beside.New(c)}
	n := len(beside.Labels)
	all := make([]float32, remembered*n)
	for i := range r.scores {
		r.scores[i] = all[i*n : (i+1)*n : (i+1)*n]
	}
	return r
}

func (r *rhythm) frame(end int64, energies []float32) { r.detector.Frame(end, energies) }

// window notes what is heard where a window ends.
func (r *rhythm) window(end int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[r.next] = end
	r.detector.Scores(r.scores[r.next])
	r.next = (r.next + 1) % remembered
}

// room copies the network's scores, with room for what [rhythm.add] adds.
func (r *rhythm) room(scores []float32) []float32 {
	more := 0
	if r != nil {
		more = len(beside.Labels)
	}
	return append(make([]float32, 0, len(scores)+more), scores...)
}

// add appends what was noted for the window that ends there; zeros for one that is forgotten.
func (r *rhythm) add(scores []float32, end int64) []float32 {
	if r == nil {
		return scores
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range remembered {
		k := (r.next - 1 - i + remembered) % remembered
		if r.at[k] == end {
			return append(scores, r.scores[k]...)
		}
		if r.at[k] < end {
			break
		}
	}
	for range beside.Labels {
		scores = append(scores, 0)
	}
	return scores
}
