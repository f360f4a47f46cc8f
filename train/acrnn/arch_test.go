package acrnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"earshot/infer"
)

func TestAttentionNamesRoundTrip(t *testing.T) {
	for _, name := range attentions {
		a, err := ParseAttention(name)
		if err != nil || a.String() != name {
			t.Errorf("ParseAttention(%q) = %v (%q), %v", name, a, a, err)
		}
	}
	for in, want := range map[string]string{"": "l10", "l4": "l4-sigmoid"} {
		if a, err := ParseAttention(in); err != nil || a.String() != want {
			t.Errorf("ParseAttention(%q) = %q, %v; want %q", in, a, err, want)
		}
	}
	for _, bad := range []string{"l3", "l10-softmax", "l4-tanh", "l4-", "L10", "l4-softmax ", "l4-softmax-x", "4", "l12", "nonе"} {
		if a, err := ParseAttention(bad); err == nil || !strings.Contains(err.Error(), "want none, l10") {
			t.Errorf("ParseAttention(%q) = %v, %v; want an error that lists what is possible", bad, a, err)
		}
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for _, c := range []struct {
		classes int
		width   float64
		says    string
	}{{1, 1, "at least 2 labels"}, {0, 1, "at least 2 labels"}, {5, 0, "width 0"}, {5, -1, "width -1"}, {5, 5, "width 5"}, {5, math.NaN(), "width NaN"}} {
		if _, err := New(c.classes, c.width, Attention{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("New(%d, %g): %v, want an error with %q", c.classes, c.width, err, c.says)
		}
	}
	for _, width := range []float64{0.01, 0.125, 0.3, 0.5, 2} {
		a, err := New(3, width, Attention{})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range a.Convs {
			if c.Out < 4 || c.Out%4 != 0 || i > 0 && c.In != a.Convs[i-1].Out {
				t.Errorf("width %g: layer %d is %+v", width, i+1, c)
			}
		}
	}
}

// What New makes is valid, and nothing that panics further on is.
func TestValidate(t *testing.T) {
	for _, name := range attentions {
		att, _ := ParseAttention(name)
		for _, width := range []float64{0.01, 1, 4} {
			if a, err := New(7, width, att); err != nil || a.Validate() != nil {
				t.Errorf("%s, width %g: %v, %v", name, width, err, a.Validate())
			}
		}
	}
	for says, change := range map[string]func(*Arch){
		"1 labels":          func(a *Arch) { a.Classes = 1 },
		"0 GRU cells":       func(a *Arch) { a.Hidden = 0 },
		"layers, want 8":    func(a *Arch) { a.Convs = a.Convs[:7] },
		"at layer 9":        func(a *Arch) { a.Attention.Layer = 9 },
		"0 bands":           func(a *Arch) { a.Bands = 0 },
		"32 channels of 16": func(a *Arch) { a.Convs[1].In = 16 },
		"kernel of 3×2":     func(a *Arch) { a.Convs[1].KW = 2 },
		"pools 3×3 of 128":  func(a *Arch) { a.Convs[1].PoolH = 3 },
		"pools 2×1 of 128":  func(a *Arch) { a.Convs[0].PoolH = 2 },
		"parameters, want":  func(a *Arch) { a.Hidden = 1 << 14; a.Convs[7].Out = 1 << 14 },
	} {
		a, err := New(5, 1, Attention{})
		if err != nil {
			t.Fatal(err)
		}
		change(&a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want an error with %q, got %v", says, err)
		}
	}
}

// The flat vector holds each tensor once, decaying ones first, and the counts agree with it.
func TestParamsLayout(t *testing.T) {
	for _, name := range attentions {
		att, _ := ParseAttention(name)
		a, err := New(7, 0.25, att)
		if err != nil {
			t.Fatal(err)
		}
		seen, size, rest := map[string]bool{}, 0, false
		for _, p := range a.Params() {
			if seen[p.Name] {
				t.Errorf("%s: %s twice", name, p.Name)
			}
			if rest && p.Decay {
				t.Errorf("%s: %s decays, but stands after what does not", name, p.Name)
			}
			seen[p.Name], rest, size = true, rest || !p.Decay, size+p.Size()
			if p.Head != strings.HasPrefix(p.Name, "dense.") {
				t.Errorf("%s: %s: head is %v", name, p.Name, p.Head)
			}
		}
		if size != a.Size() || seen["att.w"] != (att.Layer > 0) || seen["att.b"] != (att.Layer > 0 && att.Layer < 10) {
			t.Errorf("%s: %d parameters of %d; attention's: %v %v", name, size, a.Size(), seen["att.w"], seen["att.b"])
		}
	}
}

func TestInitialWeights(t *testing.T) {
	a, err := New(50, 1, Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []Initialisation{PaperInit, HeInit} {
		flat := split64(a, InitWeights(a, how, rand.New(rand.NewPCG(4, 4))))
		for _, p := range a.Params() {
			mean, std := moments(flat[p.Name])
			want := 0.05
			switch {
			case !p.Decay:
				want = 0
			case how == HeInit && len(p.Shape) == 4:
				want = math.Sqrt(2 / float64(p.Shape[1]*p.Shape[2]*p.Shape[3]))
			case how == HeInit && strings.HasSuffix(p.Name, ".w") && len(p.Shape) == 3:
				want = 1 / math.Sqrt(float64(p.Shape[2]))
			case how == HeInit && len(p.Shape) == 3:
				want = 1 / math.Sqrt(3*float64(a.Hidden))
			case how == HeInit:
				want = 1 / math.Sqrt(float64(p.Shape[0]))
			}
			tolerance := 5 * want / math.Sqrt(float64(p.Size()))
			if math.Abs(std-want) > tolerance || math.Abs(mean-map[bool]float64{true: 1}[strings.HasSuffix(p.Name, ".gamma")]) > tolerance {
				t.Errorf("%s %s: mean %.4g, deviation %.4g; want deviation %.4g", how, p.Name, mean, std, want)
			}
		}
	}
}

func moments(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}

// The self-test settles on a block whose convolutions are right, and on none off the CPU.
func TestFindBlock(t *testing.T) {
	if b := FindBlock(infer.GraphOptions{Provider: "cuda"}); b != 0 {
		t.Errorf("block %d on CUDA, want 0", b)
	}
	b := FindBlock(infer.GraphOptions{})
	if b != 0 && b != 8 && b != 16 {
		t.Fatalf("block %d", b)
	}
	plain, err := trialConv(0, infer.GraphOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocked, err := trialConv(b, infer.GraphOptions{})
	if err != nil || !close32(blocked, plain) {
		t.Errorf("block %d: %v, results agree: %v", b, err, close32(blocked, plain))
	}
	plain[3] = float32(math.NaN())
	if close32(blocked, plain) {
		t.Error("NaN counts as close")
	}
}

// A bug of the caller in the graph is a panic that names the package.
func TestGraphBugsPanic(t *testing.T) {
	a := narrowArch(t, "none", 4, 3)
	a.Bands = 30 // 30/4 leaves a remainder of bands
	for name, f := range map[string]func(){
		"bands":     func() { StepGraph(a, StepOptions{Batch: 2, Gradients: true}) },
		"optimiser": func() { StepGraph(narrowArch(t, "none", 4, 3), StepOptions{Batch: 2, Optimiser: "lbfgs"}) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "acrnn: ") {
					t.Errorf("%s: recovered %q, want a panic of acrnn", name, r)
				}
			}()
			f()
		}()
	}
}
