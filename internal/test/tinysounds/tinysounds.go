// Package tinysounds writes small labelled recordings for tests: each label a
// sound that ears and networks tell apart at once, each clip a little different.
package tinysounds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"earshot/internal/audio"
)

// Rate is the clips' sample rate, Hz; Seconds their length: one window and a bit.
const (
	Rate    = 44100
	Seconds = 1.8
)

// Folder writes clips recordings of each label into dir/label/.
func Folder(t testing.TB, dir string, clips int, labels ...string) {
	t.Helper()
	for _, label := range labels {
		for n := range clips {
			Write(t, filepath.Join(dir, label, fmt.Sprintf("rec_%03d.wav", n)), Sound(label, n))
		}
	}
}

// Write makes one WAV file and its folder.
func Write(t testing.TB, path string, x []float32) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := audio.WriteWAV16(path, x, Rate); err != nil {
		t.Fatal(err)
	}
}

// Sound is the n-th recording of a label: pulses of a tone whose pitch and beat follow from the name, over noise.
func Sound(label string, n int) []float32 {
	h := uint64(1469598103934665603) // FNV-1a
	for _, b := range []byte(label) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	rng := rand.New(rand.NewPCG(h, uint64(n)))
	pitch := 200 * math.Pow(2, float64(h>>8%50)/10) * (0.97 + 0.06*rng.Float64())
	beat := 2 + float64(h>>16%9)
	level, phase := 0.1+0.3*rng.Float64(), rng.Float64()
	x := make([]float32, int(Seconds*Rate))
	for i := range x {
		s := float64(i) / Rate
		v := 0.003 * rng.NormFloat64()
		if math.Mod(beat*s+phase, 1) < 0.5 {
			v += level * math.Sin(2*math.Pi*pitch*s)
		}
		x[i] = float32(v)
	}
	return x
}
