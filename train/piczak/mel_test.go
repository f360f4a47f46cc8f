package piczak

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"earshot/internal/figure"
)

// waves are those of testdata/README.md.
func waves() [3][]float32 {
	var w [3][]float32
	for i := range w {
		w[i] = make([]float32, SegmentSamples)
	}
	for n := range SegmentSamples {
		w[0][n] = float32(float64(n*n/40%256)/256 - 0.5)
		w[2][n] = float32((float64((n*n*7919+n*104729)%65537)/65536 - 0.5) * float64(SegmentSamples-n) / SegmentSamples)
	}
	w[1][7000] = 1
	return w
}

func golden(t *testing.T, name string) []float64 {
	t.Helper()
	x, shape, err := figure.ReadNPY(filepath.Join("testdata", name))
	if err != nil || !slices.Equal(shape, []int{3, Frames, Bands}) {
		t.Fatalf("%s: shape %v, %v", name, shape, err)
	}
	return x
}

// Decibels and deltas against librosa's.
func TestGoldenSegments(t *testing.T) {
	wantDB, wantDelta := golden(t, "logmel.npy"), golden(t, "delta.npy")
	f, db := NewFrontEnd(), make([]float32, SegmentLen)
	const stride = 2 * Bands
	slopes := make([]float32, Frames*stride)
	for s, x := range waves() {
		mean := f.Segment(db, x)
		deltas(slopes, db, stride)
		var worstDB, worstDelta, sum float64
		for i, v := range db {
			sum += float64(v)
			worstDB = math.Max(worstDB, math.Abs(float64(v)-wantDB[s*SegmentLen+i]))
			worstDelta = math.Max(worstDelta, math.Abs(float64(slopes[i/Bands*stride+i%Bands])-wantDelta[s*SegmentLen+i]))
		}
		t.Logf("segment %d: mean %.1f dB, largest errors %.1e dB, deltas %.1e dB", s, mean, worstDB, worstDelta)
		if !(worstDB <= 1e-3 && worstDelta <= 2e-2) {
			t.Errorf("segment %d: largest errors %.1e dB and %.1e, want ≤ 1e-3 and ≤ 2e-2", s, worstDB, worstDelta)
		}
		if math.Abs(mean-sum/SegmentLen) > 1e-4 {
			t.Errorf("segment %d: mean %g, want %g", s, mean, sum/SegmentLen)
		}
	}
}

// Silence is where the logarithm begins, and silent.
func TestSilence(t *testing.T) {
	if mean := NewFrontEnd().Segment(make([]float32, SegmentLen), make([]float32, SegmentSamples)); math.Abs(mean+100) > 1e-6 || mean > silentDB {
		t.Errorf("digital silence has a mean of %g dB, want -100", mean)
	}
}

func TestFrontEndDoesNotAllocate(t *testing.T) {
	f, x, dst, slopes := NewFrontEnd(), waves()[0], make([]float32, SegmentLen), make([]float32, SegmentLen)
	if n := testing.AllocsPerRun(3, func() { f.Segment(dst, x); deltas(slopes, dst, Bands) }); n != 0 {
		t.Errorf("%v allocations a segment, want 0", n)
	}
}

func BenchmarkSegment(b *testing.B) {
	f, x, dst := NewFrontEnd(), waves()[0], make([]float32, SegmentLen)
	for b.Loop() {
		f.Segment(dst, x)
	}
}
