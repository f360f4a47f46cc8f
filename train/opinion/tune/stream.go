// Package tune finds where the fused score of both networks switches a label on: on sound that neither learned from,
// for a wanted rate of false events, by the very path that the daemon takes.
package tune

import (
	"earshot/train/opinion"
	"earshot/verify"
)

// Stream is one recording as both networks heard it.
type Stream struct {
	Ends    []int64   // (windows) samples, ascending
	Scores  []float32 // (windows, K) the first network's
	Second  []float32 // (patches, classes) the head's probabilities; patch p starts at sample p·verify.PatchHop
	Noise   []float32 // (patches, classes) how much of each is noise to the class; nil: nothing
	Samples int
}

// Hear fills Second and Noise from what the second network makes of the recording.
func (s *Stream) Hear(h *verify.Head, r *opinion.Recording) {
	s.Second, s.Noise = make([]float32, r.Patches()*h.Classes()), make([]float32, r.Patches()*h.Classes())
	for i := range r.Patches() {
		h.Hear(s.Second[i*h.Classes():][:h.Classes()], r.Patch(i), r.Scores(i))
		h.NoiseIn(s.Noise[i*h.Classes():][:h.Classes()], r.Scores(i))
	}
}

// Rows says for each of the first network's labels which class of the head it is, −1 for none.
func Rows(h *verify.Head, labels []string) []int {
	rows := make([]int, len(labels))
	for i, l := range labels {
		rows[i] = h.Index(l)
	}
	return rows
}

// Fused are the scores (windows, K) that go to the smoothing. Where a window has no patch, and for a label that the
// head does not know, the first network's score stands.
func (s *Stream) Fused(h *verify.Head, rows []int) []float32 {
	k, classes := len(rows), h.Classes()
	patches := len(s.Second) / classes
	out := append([]float32(nil), s.Scores...)
	mean, noise := make([]float32, classes), make([]float32, classes)
	for w, end := range s.Ends {
		clear(mean)
		clear(noise)
		first, last := verify.PatchRange(end, verify.WindowSpan)
		last = min(last, int64(patches)-1)
		if last < first {
			continue
		}
		for p := first; p <= last; p++ {
			for c, v := range s.Second[int(p)*classes:][:classes] {
				mean[c] += v / float32(last-first+1)
				if s.Noise != nil {
					noise[c] += s.Noise[int(p)*classes+c] / float32(last-first+1)
				}
			}
		}
		for i, c := range rows {
			if c >= 0 {
				out[w*k+i] = h.Fusions[c].Score(out[w*k+i], mean[c], noise[c])
			}
		}
	}
	return out
}
