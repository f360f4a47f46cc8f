package metrics

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/train/acrnn"
	"earshot/train/augment"
	"earshot/train/dataset"
)

func testClip(t *testing.T, name string, label int, x []float32) dataset.Clip {
	path := filepath.Join(t.TempDir(), name)
	b := []byte("RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data")
	n := 2 * len(x)
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	for _, v := range x {
		s := int16(v * 32767)
		b = append(b, byte(s), byte(s>>8))
	}
	size := len(b) - 8
	b[4], b[5], b[6], b[7] = byte(size), byte(size>>8), byte(size>>16), byte(size>>24)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return dataset.Clip{Path: path, Name: name, Label: label, Source: name}
}

func wave(n int, step float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(.3 * math.Sin(step*float64(i)))
	}
	return x
}

func TestRungs(t *testing.T) {
	x := wave(20000, .05)
	clip := dataset.Clip{Name: "x", Label: 0, Source: "x"}
	backgrounds := []dataset.Clip{
		testClip(t, "same.wav", 0, wave(9000, .5)),
		testClip(t, "silent.wav", 1, make([]float32, 9000)),
		testClip(t, "other.wav", 1, wave(9000, .9)),
		{Path: "/does/not/exist.wav", Label: 1, Source: "gone"},
	}
	rungs := Rungs([]string{"white", "pink", "brown", RealNoise}, Ladder)
	if len(rungs) != 24 || rungs[0] != (Rung{"white", 20}) || rungs[23] != (Rung{"real", -5}) {
		t.Fatalf("rungs %v", rungs)
	}
	names := map[string]bool{}
	for _, r := range rungs {
		v, err := r.Variant(1, backgrounds)
		if err != nil {
			t.Fatal(err)
		}
		names[v.Name] = true
		y, err := v.Apply(clip, slices.Clone(x))
		if err != nil {
			t.Fatalf("%v: %v", r, err)
		}
		z, _ := v.Apply(clip, slices.Clone(x))
		if !slices.Equal(y, z) {
			t.Errorf("%v: other noise the second time", r)
		}
		for i := range y {
			z[i] = y[i] - x[i]
		}
		if snr := 20 * math.Log10(augment.RMS(x)/augment.RMS(z)); math.Abs(snr-r.SNR) > .01 {
			t.Errorf("%v: mixed at %g dB", r, snr)
		}
		if r.Noise == RealNoise {
			if f := crossings(z); f < 2500 || f > 3200 { // .9 rad a sample crosses 2865 times
				t.Errorf("%v: the noise is not the other label's audible clip (%d crossings)", r, f)
			}
		}
	}
	if len(names) != 24 {
		t.Errorf("24 rungs have %d names: the cache would mix them up", len(names))
	}
}

// crossings counts upward zero crossings.
func crossings(x []float32) int {
	n := 0
	for i := 1; i < len(x); i++ {
		if x[i-1] < 0 && x[i] >= 0 {
			n++
		}
	}
	return n
}

func TestWithoutPadding(t *testing.T) {
	x := make([]float32, 20000)
	for _, at := range []int{5000, 5001, 7000, 12000} {
		x[at] = .5
	}
	// 5000 zeros and 4999 go, the 1998 between 5001 and 7000 stay.
	if got := withoutPadding(x); len(got) != 7000-5000+1+1 || got[0] != .5 || got[2000] != .5 || got[2001] != .5 {
		t.Errorf("%d samples are left, want 2002", len(got))
	}
	if got := withoutPadding(make([]float32, 9999)); len(got) != 0 {
		t.Errorf("%d samples of silence are left", len(got))
	}
}

func TestRungErrors(t *testing.T) {
	for _, c := range []struct {
		r    Rung
		want string
	}{
		{Rung{"mauve", 0}, `noise colour "mauve"; want white, pink, brown`},
		{Rung{"white", math.NaN()}, "noise at NaN dB"},
		{Rung{RealNoise, 0}, "no clip to take it from"},
	} {
		if _, err := c.r.Variant(1, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want …%s…", c.r, err, c.want)
		}
	}
	own := []dataset.Clip{testClip(t, "own.wav", 0, wave(9000, .5))}
	v, err := Rung{RealNoise, 0}.Variant(1, own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Apply(dataset.Clip{Name: "x", Label: 0}, wave(99, .1)); err == nil || !strings.Contains(err.Error(), "found none of another label") {
		t.Errorf("backgrounds of the clip's own label: %v", err)
	}
}

func TestAmbient(t *testing.T) {
	s := &dataset.Set{Labels: []string{"dog", "rain"}, Clips: []dataset.Clip{{Label: 0, Fold: 1}, {Label: 1, Fold: 1}, {Label: 1, Fold: 2}}}
	if got := Ambient(s, 1); len(got) != 1 || got[0].Label != 1 || got[0].Fold != 1 {
		t.Errorf("ambient clips of fold 1: %+v", got)
	}
}

// TestCost holds the figures of docs/design.md and of the paper.
func TestCost(t *testing.T) {
	for _, attention := range []string{"none", "l10", "l2-sigmoid", "l8-softmax"} {
		a, err := acrnn.ParseAttention(attention)
		if err != nil {
			t.Fatal(err)
		}
		arch, err := acrnn.New(50, 1, a)
		if err != nil {
			t.Fatal(err)
		}
		c := Cost(arch)
		if c.Params != arch.Size() || c.MACs != arch.MACs() {
			t.Errorf("%s: layers sum to %d parameters and %d MACs, the network says %d and %d", attention, c.Params, c.MACs, arch.Size(), arch.MACs())
		}
		if attention != "l10" {
			continue
		}
		if got := float64(c.Params) / 1e6; math.Abs(got-4.22) > .01 {
			t.Errorf("%.3f M parameters, docs/design.md says 4.22 M", got)
		}
		if got := float64(c.MACs) / 1e6; math.Abs(got-454.6) > .1 {
			t.Errorf("%.2f MMAC, docs/design.md says 454.6", got)
		}
		if got := float64(c.Layers[1].MACs) / float64(c.MACs); math.Abs(got-.55) > .01 {
			t.Errorf("l2 has %.3f of the MACs, docs/design.md says 55 %%", got)
		}
		if got := float64(c.PaperParams) / 1e6; math.Abs(got-3.81) > .005 {
			t.Errorf("%.4f M parameters by the paper's convention, Table 2 says 3.81 M", got)
		}
		if got := float64(c.PaperFLOPs) / 1e6; math.Abs(got-9.18) > .02 {
			t.Errorf("%.4f M FLOPs by the paper's convention, Table 2 says 9.18 M", got)
		}
	}
}
