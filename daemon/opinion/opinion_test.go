package opinion

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"earshot/infer/smooth"
	"earshot/internal/test/testmodel"
	"earshot/verify"
)

const (
	rate   = verify.SampleRate
	window = 65536 // samples
)

// fusion leaves the second network a clear say.
var fusion = verify.Fusion{Candidate: 0.2, A: 0.5, B: 1, C: -1, On: 0.6, Off: 0.4}

// twoLabels: dog grows with the level, cat falls with it; horn is none of the head's.
func twoLabels() (Network, Config) {
	head := testmodel.HeadSpec{
		Labels: []string{"dog", "cat"}, Weight: []float64{2, -1}, Bias: []float64{4, -2}, Fusions: []verify.Fusion{fusion, fusion},
	}.Head()
	label := Label{Watched: true, Candidate: 0.2, First: Thresholds{0.5, 0.3}, Fused: Thresholds{0.6, 0.4}}
	c := Config{Labels: []Label{label, label, label, label}, Groups: [][]int{{0, 1}}}
	c.Labels[1].Class = 1
	c.Labels[2].Class = -1 // horn
	c.Labels[3] = Label{Class: -1}
	return Network{Head: head, Embed: testmodel.Level}, c
}

// sound is noise whose level wanders, n samples.
func sound(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 4))
	x := make([]float32, n)
	level := 0.0
	for i := range x {
		if i%4410 == 0 {
			level = math.Pow(10, -3*rng.Float64())
		}
		x[i] = float32(level * (2*rng.Float64() - 1))
	}
	return x
}

// hear writes all of x, in blocks.
func hear(o *Opinion, at int64, x []float32) {
	for i := 0; i < len(x); i += 512 {
		b := x[i:min(i+512, len(x))]
		o.Hear(at+int64(i), b, false)
	}
}

// TestRevise: asked labels get the fused score of the head's patches, all others keep theirs.
func TestRevise(t *testing.T) {
	n, c := twoLabels()
	o := New(n, c, func(err error) { t.Error(err) })
	hear(o, 0, sound(1, window))
	scores := []float32{0.7, 0.1, 0.9, 0.5}
	o.Revise(window, scores)

	v := verify.New(func() *verify.Sound { s := verify.NewSound(); s.Write(0, sound(1, window), false); return s }(), testmodel.Level, 0)
	patches, missing, err := v.Patches(window, verify.WindowSpan)
	if err != nil || missing != 0 || len(patches) == 0 {
		t.Fatalf("%d patches, %d missing, %v", len(patches), missing, err)
	}
	mean, scratch := make([]float32, 3), make([]float32, 3)
	n.Head.Mean(mean, scratch, patches)
	first := float64(float32(0.7))
	want := float32(fusion.Fuse(first, float64(mean[0]), 0))
	if !slices.Equal(scores, []float32{want, 0.1, 0.9, 0.5}) || want == 0.7 {
		t.Errorf("%v, want dog %g and the others as they were", scores, want)
	}
	if got := o.Of(smooth.Event{Label: 0, On: true}); got != (Views{true, first, float64(mean[0])}) {
		t.Errorf("views %+v", got)
	}
	if got := o.Of(smooth.Event{Label: 2, On: true}); got != (Views{}) {
		t.Errorf("a label that the head does not know has views %+v", got)
	}
	if s := o.Stats(); s.Windows != 1 || s.Asked != 1 || s.Patches != int64(len(patches)) || s.Failed+s.Missing != 0 {
		t.Errorf("%+v", s)
	}
}

// TestNotAsked: below the candidate, and for labels that nobody watches, nothing is computed.
func TestNotAsked(t *testing.T) {
	n, c := twoLabels()
	c.Labels[1].Watched = false
	n.Embed = func([]float32, int, []float32, []float32) error { t.Error("the second network ran"); return nil }
	o := New(n, c, func(err error) { t.Error(err) })
	hear(o, 0, sound(1, window))
	scores := []float32{0.1999, 0.9, 1, 0}
	o.Revise(window, scores)
	if !slices.Equal(scores, []float32{0.1999, 0.9, 1, 0}) || o.Stats().Asked != 0 {
		t.Errorf("%v, %+v", scores, o.Stats())
	}
}

// TestViewsOfTheStrongest: the OFF tells of the strongest window, and a group of its strongest member.
func TestViewsOfTheStrongest(t *testing.T) {
	n, c := twoLabels()
	o := New(n, c, nil)
	x := sound(2, 5*window)
	hear(o, 0, x[:window])
	var strongest, scores []float32
	push := func(i int, dog float32) {
		hear(o, int64(i*window), x[i*window:(i+1)*window])
		scores = []float32{dog, 0.1, 0, 0}
		o.Revise(int64((i+1)*window), scores)
	}
	push(1, 0.5)
	dog, group := o.Of(smooth.Event{Label: 0, On: true}), o.Of(smooth.Event{Label: 4, On: true})
	if !dog.Asked || dog != group {
		t.Fatalf("dog %+v, its group %+v", dog, group)
	}
	strongest = slices.Clone(scores)
	want := dog
	for i, p := range []float32{0.99, 0.3} {
		push(2+i, p)
		if scores[0] > strongest[0] {
			strongest, want = slices.Clone(scores), o.newest[0].views
		}
	}
	push(4, 0)
	if got := o.Of(smooth.Event{Label: 0}); got != want || got == dog {
		t.Errorf("at the end %+v, want the strongest window's %+v", got, want)
	}
}

// TestNoAnswer: an error, and sound that is gone, leave the first network's decision standing, and are counted and told.
func TestNoAnswer(t *testing.T) {
	broken := errors.New("device lost")
	for name, gone := range map[string]bool{"error": false, "gone": true} {
		t.Run(name, func(t *testing.T) {
			n, c := twoLabels()
			if !gone {
				n.Embed = func([]float32, int, []float32, []float32) error { return broken }
			}
			var told []error
			o := New(n, c, func(err error) { told = append(told, err) })
			hear(o, 0, sound(1, 12*rate))
			for i := range failingAfter {
				if o.Stats().Failing != "" {
					t.Errorf("after %d questions it is already failing", i)
				}
				scores := []float32{0.5, 0.49, 0.9, 0}
				end := int64(window)
				if !gone {
					end = 12 * rate
				}
				o.Revise(end, scores)
				if !(scores[0] >= 0.6) || !(scores[1] < 0.6 && scores[1] > 0.49) || scores[2] != 0.9 {
					t.Fatalf("scores %v", scores)
				}
				if v := o.Of(smooth.Event{Label: 0, On: true}); v.Asked {
					t.Errorf("views without an answer: %+v", v)
				}
			}
			s := o.Stats()
			if len(told) != failingAfter || s.Failed != failingAfter || s.Failing == "" || gone != (s.Missing > 0) {
				t.Errorf("%v, %+v", told, s)
			}
			if !gone && !errors.Is(told[0], broken) || gone && !strings.Contains(told[0].Error(), "its sound is gone") {
				t.Error(told[0])
			}
			if !gone {
				return
			}
			o.Revise(12*rate, []float32{0.5, 0, 0, 0})
			if s := o.Stats(); s.Failing != "" || s.Failed != failingAfter {
				t.Errorf("after an answer: %+v", s)
			}
		})
	}
}

// TestAloneKeepsDecisions: whatever the thresholds, a score crosses the mapped ones where it crosses its own.
func TestAloneKeepsDecisions(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	some := func() Thresholds {
		on := float64(1+rng.IntN(100)) / 100
		return Thresholds{on, on * float64(1+rng.IntN(100)) / 100}
	}
	for range 2000 {
		l := Label{First: some(), Fused: some()}
		last := float32(0)
		for _, x := range []float64{0, l.First.Off / 2, l.First.Off, (l.First.Off + l.First.On) / 2, l.First.On, (1 + l.First.On) / 2, 1} {
			p := float32(x)
			if float64(p) < x { // as a score that meets the threshold does
				p = math.Nextafter32(p, 2)
			}
			y := l.alone(p)
			if y < last || y > 1.0000001 || (float64(p) >= l.First.On) != (float64(y) >= l.Fused.On) && float64(p) >= l.First.On {
				t.Fatalf("%+v: %g becomes %g after %g", l, p, y, last)
			}
			if float64(p) >= l.First.Off && float64(y) < l.Fused.Off {
				t.Fatalf("%+v: %g becomes %g, below off", l, p, y)
			}
			last = y
		}
		if below := float32(l.First.On * 0.999); l.First.Off < l.First.On*0.99 && l.Fused.Off < l.Fused.On*0.99 && float64(l.alone(below)) >= l.Fused.On {
			t.Fatalf("%+v: %g, below on, becomes %g", l, below, l.alone(below))
		}
	}
}

// TestOrderOfQuestionsDoesNotCount: a window's score depends on its sound alone, not on what was asked before, nor on
// how far the listener is ahead, nor on the size of blocks.
func TestOrderOfQuestionsDoesNotCount(t *testing.T) {
	n, c := twoLabels()
	const hop, windows = 32768, 40
	x := sound(5, window+windows*hop)
	score := func(end int64) []float32 {
		rng := rand.New(rand.NewPCG(uint64(end), 7))
		return []float32{rng.Float32(), rng.Float32(), rng.Float32(), rng.Float32()}
	}
	var want [][]float32
	for i := range windows { // each on its own
		o := New(n, c, func(err error) { t.Error(err) })
		end := int64(window + i*hop)
		from := max(0, end-3*window)
		hear(o, from, x[from:end])
		s := score(end)
		o.Revise(end, s)
		want = append(want, s)
	}
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 8))
		o := New(n, c, func(err error) { t.Error(err) })
		at := int64(0)
		for i := range windows {
			end := int64(window + i*hop)
			ahead := min(end+rng.Int64N(verify.MaxLag), int64(len(x)))
			for at < ahead {
				k := min(1+rng.Int64N(9000), ahead-at)
				if at < end {
					k = min(k, end-at)
				}
				o.Hear(at, x[at:at+k], false)
				at += k
			}
			if rng.IntN(4) == 0 && at-end < verify.MaxLag-hop {
				continue // a window that never came
			}
			s := score(end)
			o.Revise(end, s)
			if !slices.Equal(s, want[i]) {
				t.Fatalf("seed %d, window %d: %v, want %v", seed, i, s, want[i])
			}
		}
	}
}

func TestNoAllocation(t *testing.T) {
	n, c := twoLabels()
	o := New(n, c, nil)
	x := sound(1, 32768)
	hear(o, 0, x)
	at := int64(len(x))
	scores := make([]float32, 4)
	step := func() {
		for i := 0; i < len(x); i += 512 {
			o.Hear(at+int64(i), x[i:i+512], false)
		}
		at += int64(len(x))
		copy(scores, []float32{0.9, 0.8, 0.7, 0})
		o.Revise(at, scores)
		o.Of(smooth.Event{Label: 0, On: true})
	}
	for range 5 {
		step()
	}
	if a := testing.AllocsPerRun(30, step); a != 0 {
		t.Errorf("%v allocations a window, want 0", a)
	}
	if s := o.Stats(); s.Asked < 30 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

// TestNoise: where the second network hears nothing but noise, it says nothing against a label; where it hears none, all that it said.
func TestNoise(t *testing.T) {
	var scores [2]float32
	for i, noise := range []float32{0, 1} {
		n, c := twoLabels()
		n.Sounds, n.Head.Noise = 1, []int{0}
		n.Embed = func(patches []float32, k int, embedding, audioset []float32) error {
			for j := range audioset {
				audioset[j] = noise
			}
			return testmodel.Level(patches, k, embedding, nil)
		}
		o := New(n, c, func(err error) { t.Error(err) })
		hear(o, 0, sound(1, window))
		s := []float32{0.95, 0.95, 0.9, 0.5} // dog and cat cannot both be what the second hears
		o.Revise(window, s)
		scores[i] = min(s[0], s[1])
		for label := range 2 {
			v := o.Newest(label)
			if want := float32(fusion.Fuse(v.First, v.Second, float64(noise))); !v.Asked || s[label] != want {
				t.Errorf("noise %g, label %d: %g from %+v, want %g", noise, label, s[label], v, want)
			}
		}
	}
	if !(scores[1] > scores[0]) {
		t.Errorf("denied %g, denied in noise %g; want more", scores[0], scores[1])
	}
}
