package gammatone

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The golden files were made with numpy and scipy in float64 from the closed form in
// doc.go and checked against github.com/detly/gammatone; testdata/README.md says more.
// The committed copy is used unless EARSHOT_GOLDEN names another folder.
func goldenPath(name string) string {
	if dir := os.Getenv("EARSHOT_GOLDEN"); dir != "" {
		return filepath.Join(dir, name)
	}
	return filepath.Join("testdata", name)
}

// readNPY reads a two- or three-dimensional little-endian array in C order.
func readNPY(t testing.TB, name string) []float64 {
	t.Helper()
	data, err := os.ReadFile(goldenPath(name))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY\x01")) {
		t.Fatalf("%s is not a version 1 NumPy file", name)
	}
	n := int(binary.LittleEndian.Uint16(data[8:]))
	head, body := string(data[10:10+n]), data[10+n:]
	if strings.Contains(head, "'fortran_order': True") {
		t.Fatalf("%s is in Fortran order", name)
	}
	switch {
	case strings.Contains(head, "<f8"):
		out := make([]float64, len(body)/8)
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:]))
		}
		return out
	case strings.Contains(head, "<f4"):
		out := make([]float64, len(body)/4)
		for i := range out {
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:])))
		}
		return out
	}
	t.Fatalf("%s: unexpected type in %s", name, head)
	return nil
}

// goldenClip is the reference clip, 44.1 kHz mono, x = int16/32768.
func goldenClip(t testing.TB) []float32 {
	t.Helper()
	data, err := os.ReadFile(goldenPath("clip_1-30226-A-0.wav"))
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(data, []byte("data"))
	if i < 0 {
		t.Fatal("golden clip has no data chunk")
	}
	body := data[i+8 : i+8+int(binary.LittleEndian.Uint32(data[i+4:]))]
	x := make([]float32, len(body)/2)
	for i := range x {
		x[i] = float32(int16(binary.LittleEndian.Uint16(body[2*i:]))) / 32768
	}
	return x
}

func TestGoldenWeights(t *testing.T) {
	want := readNPY(t, "gammatone_weights_128x513.npy")
	got := Weights(Default())
	if len(got) != len(want) {
		t.Fatalf("%d weights, want %d", len(got), len(want))
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i])/math.Abs(want[i]))
	}
	t.Logf("largest relative error %.2e", worst)
	if worst > 1e-9 {
		t.Errorf("largest relative error %.2e, want ≤ 1e-9", worst)
	}
}

func TestGoldenLog(t *testing.T) {
	want := readNPY(t, "log_gammatone_db_128x429.npy") // (band, frame)
	x := goldenClip(t)
	got := NewFrontEnd(Default()).BatchLog(x) // (frame, band)
	if len(x) != 220544 || len(got) != len(want) {
		t.Fatalf("%d samples gave %d values, want 220544 and %d", len(x), len(got), len(want))
	}
	worst, where := 0.0, ""
	for i := range 128 {
		for f := range 429 {
			if d := math.Abs(float64(got[f*128+i]) - want[i*429+f]); !(d <= worst) {
				worst, where = d, fmt.Sprintf("band %d frame %d", i, f)
			}
		}
	}
	t.Logf("largest error %.2e dB at %s", worst, where)
	if !(worst <= 1e-3) {
		t.Errorf("largest error %.2e dB at %s, want ≤ 1e-3", worst, where)
	}
}

func TestGoldenWindow(t *testing.T) {
	want := readNPY(t, "window0_2x128x128.npy")
	got := make([]float32, Default().WindowLen())
	FillWindow(got, NewFrontEnd(Default()).BatchLog(goldenClip(t)))
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for channel, name := range []string{"log", "delta"} {
		worst := 0.0
		for i := channel * 16384; i < (channel+1)*16384; i++ {
			if d := math.Abs(float64(got[i]) - want[i]); !(d <= worst) {
				worst = d
			}
		}
		t.Logf("%s: largest error %.2e", name, worst)
		if !(worst <= 1e-3) {
			t.Errorf("%s: largest error %.2e, want ≤ 1e-3", name, worst)
		}
	}
}
