package cli

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/internal/figure"
	"earshot/internal/test/testmodel"
)

// hum is a WAV file of a tone in channel 0 and its opposite half in channel 1.
func hum(seconds float64, rate int) []byte {
	return wavFile(1, 1, rate, 24, seconds, func(i int) float64 {
		return 0.5 * math.Sin(2*math.Pi*1000*float64(i)/float64(rate))
	})
}

// TestFeaturesNPY holds the numbers to the golden ones.
func TestFeaturesNPY(t *testing.T) {
	clip := "../../gammatone/testdata/clip_1-30226-A-0.wav"
	out := filepath.Join(t.TempDir(), "clip.npy")
	if code, stdout, stderr := command(t, "features", clip, "-o", out); code != exitOK || !strings.Contains(stdout, "429 frames × 128 bands, 5.00 s, floor -100 dB") {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	x, shape, err := figure.ReadNPY(out)
	if err != nil || len(shape) != 2 || shape[0] != 429 || shape[1] != 128 {
		t.Fatalf("shape %v, %v", shape, err)
	}
	want, _, err := figure.ReadNPY("../../gammatone/testdata/log_gammatone_db_128x429.npy")
	if err != nil {
		t.Fatal(err)
	}
	for f := range 429 {
		for b := range 128 {
			if d := math.Abs(x[f*128+b] - want[b*429+f]); d > 1e-3 {
				t.Fatalf("frame %d, band %d: off by %.2g dB", f, b, d)
			}
		}
	}
}

// TestFeaturesPNG draws files of several lengths, with and without a model.
func TestFeaturesPNG(t *testing.T) {
	p := place{t, t.TempDir()}
	model := p.file("model.onnx", testmodel.New("hum", "hiss").Bytes())
	for _, c := range []struct {
		name    string
		seconds float64
		args    []string
		width   int
		warns   string
	}{
		{"one frame", 0.024, nil, 1000, ""},
		{"short", 0.5, nil, 2000, ""},
		{"shorter than a window", 1, []string{"--model", model}, 2000, "no attention to draw"},
		{"several windows", 4, []string{"--model", model, "--width", "800", "--height", "400"}, 800, ""},
	} {
		in, out := p.file("in.wav", hum(c.seconds, 48000)), filepath.Join(p.dir, "out.png")
		code, stdout, stderr := command(t, append([]string{"features", in, "-o", out}, c.args...)...)
		if code != exitOK || !strings.Contains(stderr, c.warns) || c.warns == "" && stderr != "" {
			t.Errorf("%s: exit code %d: %s%s", c.name, code, stdout, stderr)
			continue
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil || img.Bounds().Dx() != c.width {
			t.Errorf("%s: %v, %v; want a picture %d wide", c.name, img.Bounds(), err, c.width)
		}
	}
}

func TestFeaturesRefuses(t *testing.T) {
	p := place{t, t.TempDir()}
	in := p.file("in.wav", hum(1, 44100))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{in}, exitUsage, "want -o with a name that ends in .png or .npy"},
		{[]string{in, "-o", "a.jpg"}, exitUsage, `--output "a.jpg": want a name that ends in .png or .npy`},
		{[]string{in, in, "-o", "a.png"}, exitUsage, "wants one FILE; found 2"},
		{[]string{in, "-o", "a.png", "--floor", "0"}, exitUsage, "--floor 0: want 1e-30 to 1"},
		{[]string{in, "-o", "a.png", "--floor", "NaN"}, exitUsage, "--floor NaN: want"},
		{[]string{in, "-o", "a.png", "--floor", "1e-6", "--model", "built-in"}, exitUsage, "want one of them"},
		{[]string{in, "-o", "a.png", "--width", "5"}, exitUsage, "--width 5: want 600 to 20000 pixels"},
		{[]string{in, "-o", filepath.Join(p.dir, "none", "a.png")}, exitFailure, "want a folder that exists"},
		{[]string{in, "-o", filepath.Join(p.dir, "a.png"), "--model", in}, exitModel, "in.wav"},
		{[]string{filepath.Join(p.dir, "none.wav"), "-o", filepath.Join(p.dir, "a.png")}, exitAudio, "no such file"},
		{[]string{p.file("tiny.wav", hum(0.01, 44100)), "-o", filepath.Join(p.dir, "a.npy")}, exitAudio, "441 samples at 44100 Hz are no whole frame; want at least 1024"},
	} {
		code, _, stderr := command(t, append([]string{"features"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit code %d, want %d; %swant %q", c.args, code, c.code, stderr, c.says)
		}
	}
	if _, err := os.Stat(filepath.Join(p.dir, "a.png")); err == nil {
		t.Error("something was written in spite of an error")
	}
}

// TestWholeDelta holds it to a slope.
func TestWholeDelta(t *testing.T) {
	cfg := gammatone.Default()
	log := make([]float32, 20*cfg.Bands)
	for i := range log {
		log[i] = float32(i/cfg.Bands) * 3 // 3 dB a frame
	}
	for i, v := range wholeDelta(log, cfg) {
		if math.Abs(float64(v)-3) > 1e-5 {
			t.Fatalf("value %d is %v, want 3", i, v)
		}
	}
	if wholeDelta(log[:8*cfg.Bands], cfg) != nil {
		t.Error("a delta of 8 frames")
	}
}
