package stream

import (
	"cmp"
	"math"
	"slices"
)

// PSDSOptions are the parameters of the polyphonic sound detection score.
type PSDSOptions struct {
	DTC     float64 `json:"dtc"`      // share of an event that must lie in references of its label
	GTC     float64 `json:"gtc"`      // share of a reference that such events must cover
	CTTC    float64 `json:"cttc"`     // share of a false event in another label's references that makes a confusion
	AlphaCT float64 `json:"alpha_ct"` // weight of confusions beside false events
	AlphaST float64 `json:"alpha_st"` // weight of the spread between labels
	EMax    float64 `json:"e_max"`    // false events an hour at which the curve ends; 0: where the data does
}

// The two settings of DCASE's task 4 since 2021: the first asks for exact times,
// the second for the right label somewhere near.
var (
	PSDS1 = PSDSOptions{DTC: 0.7, GTC: 0.7, CTTC: 0.3, AlphaCT: 0, AlphaST: 1, EMax: 100}
	PSDS2 = PSDSOptions{DTC: 0.1, GTC: 0.1, CTTC: 0.3, AlphaCT: 0.5, AlphaST: 1, EMax: 100}
)

// PSDS is the polyphonic sound detection score (Bilen, Ferroni, Tuveri, Azcarreta,
// Krstulović, "A framework for the robust evaluation of sound event detection",
// ICASSP 2020), 0 … 1, as the authors' program psds_eval 0.5 computes it: the
// area under the staircase of effective true positive ratio over effective
// false positives an hour, up to EMax.
//
// A label without a single reference has no true positive ratio and no curve:
// it is left out, with its events. Without any reference the score is 0. The
// definition knows no overlapping events of one label; such are joined.
func PSDS(labels []string, recordings []Recording, points []Point, o PSDSOptions) float64 {
	t := newTruth(labels, recordings)
	if len(t.labels) == 0 {
		return 0
	}
	ops := make([]rates, 0, len(points)+1)
	for _, p := range points {
		ops = append(ops, t.rates(p.Found, o))
	}
	ops = append(ops, t.none()) // the operating point that tells nothing
	x, y := roc(ops, o)
	end := o.EMax
	if end == 0 {
		end = x[len(x)-1]
	}
	if end == 0 {
		return 0
	}
	return area(x, y, end) / end
}

// span is a stretch of one recording, s.
type span struct{ from, to float64 }

func (s span) overlap(o span) float64 { return min(s.to, o.to) - max(s.from, o.from) }

// truth is the references, laid out by recording and label.
type truth struct {
	labels  []string   // that have references
	spans   [][][]span // (recording, label) disjoint, in order
	length  []float64  // of each recording, s
	count   []int      // references of each label
	seconds []float64  // and their length
	hours   float64
}

func newTruth(labels []string, recordings []Recording) *truth {
	t := &truth{hours: Hours(recordings)}
	for _, l := range labels {
		if slices.ContainsFunc(recordings, func(r Recording) bool {
			return slices.ContainsFunc(r.References, func(x Reference) bool { return x.Label == l && x.Offset > x.Onset })
		}) {
			t.labels = append(t.labels, l)
		}
	}
	t.count, t.seconds = make([]int, len(t.labels)), make([]float64, len(t.labels))
	for _, r := range recordings {
		rows := make([][]span, len(t.labels))
		for _, x := range r.References {
			if k := slices.Index(t.labels, x.Label); k >= 0 {
				rows[k] = append(rows[k], span{x.Onset, x.Offset})
			}
		}
		for k := range rows {
			rows[k] = disjoint(rows[k])
			t.count[k] += len(rows[k])
			for _, s := range rows[k] {
				t.seconds[k] += s.to - s.from
			}
		}
		t.spans = append(t.spans, rows)
		t.length = append(t.length, r.Seconds)
	}
	return t
}

// disjoint sorts spans, drops empty ones and joins those that overlap.
func disjoint(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		switch last := len(out) - 1; {
		case !(s.to > s.from):
		case last >= 0 && s.from < out[last].to:
			out[last].to = max(out[last].to, s.to)
		default:
			out = append(out, s)
		}
	}
	return out
}

// rates are one operating point, by label.
type rates struct {
	hit       []float64 // true positive ratio
	falseHour []float64 // effective: with confusions
	alone     []float64 // without
}

func (t *truth) none() rates {
	zero := make([]float64, len(t.labels))
	return rates{zero, zero, zero}
}

// rates counts what events come to at one threshold: found is by recording.
func (t *truth) rates(found [][]Found, o PSDSOptions) rates {
	k := len(t.labels)
	hits, wrong := make([]int, k), make([]int, k)
	cross := make([][]int, k) // (event's label, reference's label)
	for i := range cross {
		cross[i] = make([]int, k)
	}
	for r, truth := range t.spans {
		events := make([][]span, k)
		for _, f := range found[r] {
			if i := slices.Index(t.labels, f.Label); i >= 0 {
				events[i] = append(events[i], span{f.Onset, f.End})
			}
		}
		whole := span{0, t.length[r]}
		for i := range events {
			hits[i] += judge(disjoint(events[i]), i, truth, o, func(other int) {
				cross[i][other]++
			}, func(e span) {
				if e.overlap(whole) > 0 {
					wrong[i]++
				}
			})
		}
	}
	out := rates{make([]float64, k), make([]float64, k), make([]float64, k)}
	for i := range k {
		out.hit[i] = float64(hits[i]) / float64(t.count[i])
		out.alone[i] = float64(wrong[i]) / t.hours
		confused := 0.0
		for j := range k {
			if j != i {
				confused += float64(cross[i][j]) / (t.seconds[j] / 3600)
			}
		}
		out.falseHour[i] = out.alone[i]
		if k > 1 {
			out.falseHour[i] += o.AlphaCT * confused / float64(k-1)
		}
	}
	return out
}

// judge applies the three criteria to one label's events in one recording. It
// returns the references that were detected; an event that is not tolerated is
// false, and confused with every label of whose references it holds enough.
func judge(events []span, label int, truth [][]span, o PSDSOptions, confused func(label int), wrong func(span)) (hits int) {
	refs := truth[label]
	covered := make([]float64, len(refs)) // share, by tolerated events
	for _, e := range events {
		if within(e, refs) > 0 && within(e, refs) >= o.DTC {
			for i, r := range refs {
				if d := e.overlap(r); d > 0 {
					covered[i] += d / (r.to - r.from)
				}
			}
			continue
		}
		wrong(e)
		for other, spans := range truth {
			if share := within(e, spans); other != label && share > 0 && share >= o.CTTC {
				confused(other)
			}
		}
	}
	for _, c := range covered {
		if c > 0 && c >= o.GTC {
			hits++
		}
	}
	return hits
}

// within is the share of e that lies in spans.
func within(e span, spans []span) float64 {
	sum := 0.0
	for _, s := range spans {
		if d := e.overlap(s); d > 0 {
			sum += d / (e.to - e.from)
		}
	}
	return sum
}

// roc is the effective true positive ratio (mean over labels less AlphaST times
// their standard deviation, not below 0) at every effective false positive rate
// that any label has at any operating point, ascending.
func roc(points []rates, o PSDSOptions) (x, y []float64) {
	for _, p := range points {
		x = append(x, p.falseHour...)
	}
	slices.Sort(x)
	x = slices.Compact(x)
	k := len(points[0].hit)
	steps := make([][]float64, k)
	for i := range steps {
		steps[i] = staircase(points, i, x)
	}
	for j := range x {
		mean, square := 0.0, 0.0
		for i := range steps {
			mean += steps[i][j] / float64(k)
		}
		for i := range steps {
			square += (steps[i][j] - mean) * (steps[i][j] - mean) / float64(k)
		}
		y = append(y, max(0, mean-o.AlphaST*math.Sqrt(square)))
	}
	return x, y
}

// staircase is the best true positive ratio of label i at or below each rate of x.
func staircase(points []rates, i int, x []float64) []float64 {
	y := make([]float64, len(x))
	for _, p := range points {
		j, _ := slices.BinarySearch(x, p.falseHour[i])
		y[j] = max(y[j], p.hit[i])
	}
	for j := 1; j < len(y); j++ {
		y[j] = max(y[j], y[j-1])
	}
	return y
}

// area is that under the staircase through (x, y) from 0 to end.
func area(x, y []float64, end float64) float64 {
	sum := 0.0
	for j := range x {
		next := end
		if j+1 < len(x) {
			next = min(next, x[j+1])
		}
		if next > x[j] {
			sum += y[j] * (next - x[j])
		}
	}
	return sum
}
