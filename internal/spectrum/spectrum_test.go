package spectrum

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// The power of a frame against a plain DFT, with zeros behind the frame and without.
func TestPowerAgainstPlainDFT(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][2]int{{12, 16}, {16, 16}, {5, 9}} {
		p := New(size[0], size[1])
		x, got := make([]float32, size[0]), make([]float64, p.Bins())
		for i := range x {
			x[i] = float32(rng.NormFloat64())
		}
		p.Power(got, x)
		for k := range got {
			var sum complex128
			for n, v := range x {
				h := math.Pow(math.Sin(math.Pi*float64(n)/float64(size[0])), 2)
				sum += complex(h*float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(k*n)/float64(size[1]))
			}
			if want := math.Pow(cmplx.Abs(sum), 2); !(math.Abs(got[k]-want) <= 1e-12*(1+want)) {
				t.Errorf("frame of %d, FFT of %d, bin %d: %g, want %g", size[0], size[1], k, got[k], want)
			}
		}
	}
}

// A bank gives what the whole matrix gives, bands without a weight included.
func TestBankAgainstItsMatrix(t *testing.T) {
	w := []float64{
		0, 0, 1,
		2, 0, 0,
		3, 0, 5,
		0, 0, 0}
	x := []float64{1, 10, 100, 1000}
	bank := NewBank(w, 3)
	for b, want := range []float64{320, 0, 501} {
		if got := bank.Energy(b, x); got != want {
			t.Errorf("band %d: %g, want %g", b, got, want)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	p, x := New(400, 512), make([]float32, 400)
	dst := make([]float64, p.Bins())
	bank := NewBank(make([]float64, 4*p.Bins()), 4)
	if n := testing.AllocsPerRun(100, func() { p.Power(dst, x); bank.Energy(1, dst) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func TestCallerBugsPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an FFT shorter than its frame must panic")
		}
	}()
	New(8, 4)
}
