package figure

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/atomicfile"
)

// sample is a spectrogram in which band b of frame t has 0.3·(b + t) dB.
func sample(frames, bands int) *Spectrogram {
	s := &Spectrogram{Title: "a title", FrameS: 0.01, StartS: 0.01, Attention: []Point{{0, 0.5}, {0.1, 2}}, Spans: []Span{{0, 0.05, "dog 0.9"}}}
	for b := range bands {
		s.BandHz = append(s.BandHz, 50*math.Pow(400, float64(b)/float64(bands-1)))
	}
	for i := range frames * bands {
		s.Log = append(s.Log, 0.3*float32(i/bands+i%bands))
		s.Delta = append(s.Delta, float32(i%7-3))
	}
	return s
}

func TestEncodePNG(t *testing.T) {
	for _, frames := range []int{1, 2, 128, 5000} {
		var b bytes.Buffer
		s := sample(frames, 128)
		if err := s.EncodePNG(&b); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil || img.Bounds() != image.Rect(0, 0, 2000, 720) {
			t.Errorf("%d frames: %v, %v", frames, img.Bounds(), err)
		}
		s.Delta, s.WidthPX, s.HeightPX = nil, 1, 1<<30
		if got := s.Draw().Bounds().Size(); got != image.Pt(minPX, maxPX) {
			t.Errorf("%d frames: size %v, want it held to %d × %d", frames, got, minPX, maxPX)
		}
		if frames > 1 {
			break // tall pictures take long
		}
	}
}

// TestPicture looks at pixels: the loudest corner is bright, the quietest dark.
func TestPicture(t *testing.T) {
	s := sample(100, 128)
	s.Attention, s.Spans, s.Delta = nil, nil, nil
	img := s.Draw()
	light := func(x, y int) int {
		c := img.RGBAAt(x, y)
		return int(c.R) + int(c.G) + int(c.B)
	}
	left, right := 14+roomLeft+3, 1000-14-roomRight-3
	bottom := 720 - 14 - roomBottom - 3
	top := 14 + newCanvas(1, 1).large.Metrics().Height.Ceil() + 8 + roomTop + 3
	if dark, bright := light(left, bottom), light(right, top); dark > 50 || bright < 600 {
		t.Errorf("quietest %d, loudest %d of 765; want dark and bright", dark, bright)
	}
	if a, b := light(left, top), light(left, bottom); a <= b {
		t.Errorf("high bands %d, low bands %d: upside down", a, b)
	}
}

// TestEncodeSmall: fewer colours, none far from its own, and less than half as long.
func TestEncodeSmall(t *testing.T) {
	s := sample(400, 128)
	s.Delta, s.WidthPX, s.HeightPX, s.Marks = nil, 640, 360, []Mark{{1, "onset"}, {-9, "outside"}}
	for i := range s.Log {
		s.Log[i] += float32(i * 7919 % 13)
	}
	var large, small bytes.Buffer
	if err := errors.Join(s.EncodePNG(&large), s.EncodeSmall(&small)); err != nil {
		t.Fatal(err)
	}
	if small.Len() > large.Len()/2 {
		t.Errorf("%d bytes of %d", small.Len(), large.Len())
	}
	img, err := png.Decode(&small)
	if err != nil {
		t.Fatal(err)
	}
	full, far := s.Draw(), 0
	for y := range 360 {
		for x := range 640 {
			r, g, b, _ := img.At(x, y).RGBA()
			c := full.RGBAAt(x, y)
			if d := max(math.Abs(float64(r>>8)-float64(c.R)), math.Abs(float64(g>>8)-float64(c.G)), math.Abs(float64(b>>8)-float64(c.B))); d > 40 {
				far++
			}
		}
	}
	if far > 0 {
		t.Errorf("%d pixels are of another colour", far)
	}
}

func TestCanWrite(t *testing.T) {
	for s, want := range map[string]bool{"Sonnette d’entrée": true, "Türklingel": true, "狗叫": false} {
		if CanWrite(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestWritePNG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.png")
	if err := atomicfile.Write(path, 0o644, sample(10, 16).EncodePNG); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(filepath.Join(path, "b.png"), 0o644, sample(10, 16).EncodePNG)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want an error that names the file", err)
	}
}

func TestDrawPanics(t *testing.T) {
	for name, spoil := range map[string]func(*Spectrogram){
		"no bands":     func(s *Spectrogram) { s.BandHz = nil },
		"ragged":       func(s *Spectrogram) { s.Log = s.Log[1:] },
		"empty":        func(s *Spectrogram) { s.Log = nil },
		"other delta":  func(s *Spectrogram) { s.Delta = s.Delta[16:] },
		"no time":      func(s *Spectrogram) { s.FrameS = 0 },
		"time unknown": func(s *Spectrogram) { s.FrameS = math.NaN() },
	} {
		s := sample(10, 16)
		spoil(s)
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "figure: ") {
					t.Errorf("%s: panics with %v, want a panic of this package", name, p)
				}
			}()
			s.Draw()
		}()
	}
}

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		n         int
		want      string
	}{
		{0.006, 5.0, 7, "0 1 2 3 4 5"},
		{0, 0.5, 6, "0.0 0.1 0.2 0.3 0.4 0.5"},
		{-50, 40, 5, "−40 −20 0 20 40"},
		{-5.2, 5.2, 6, "−4 −2 0 2 4"},
		{0, 3600, 8, "0 500 1000 1500 2000 2500 3000 3500"},
	} {
		var got []string
		for _, k := range roundTicks(c.low, c.high, c.n) {
			got = append(got, k.label)
			if k.value < c.low || k.value > c.high {
				t.Errorf("tick %v outside of %v to %v", k.value, c.low, c.high)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%v to %v: %s, want %s", c.low, c.high, s, c.want)
		}
	}
}

func TestHertzTicks(t *testing.T) {
	bands := []float64{50, 100, 1000, 20000}
	var labels []string
	for _, k := range hertzTicks(bands) {
		if k.label != "" {
			labels = append(labels, fmt.Sprintf("%s@%.2f", k.label, k.value))
		}
	}
	if got, want := strings.Join(labels, " "), "50@0.00 100@1.00 200@1.30 500@1.70 1k@2.00 2k@2.23 5k@2.54 10k@2.77 20k@3.00"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestColourMap(t *testing.T) {
	for v, want := range map[float64]color.RGBA{-1: heat[0], 0: heat[0], 1: heat[9], 2: heat[9], math.NaN(): heat[0], 1.0 / 9: heat[1]} {
		if got := heat.at(v); got != want {
			t.Errorf("at %v: %v, want %v", v, got, want)
		}
	}
}

func TestNPYRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	x := []float32{1, -2.5, float32(math.Inf(1)), 0, 1e-30, 7}
	for _, shape := range [][]int{{6}, {2, 3}, {1, 2, 3}} {
		if err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return EncodeNPY(w, x, shape...) }); err != nil {
			t.Fatal(err)
		}
		y, got, err := ReadNPY(path)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(shape) {
			t.Fatalf("shape %v, %v; want %v", got, err, shape)
		}
		for i := range x {
			if y[i] != float64(x[i]) {
				t.Errorf("value %d is %v, want %v", i, y[i], x[i])
			}
		}
	}
	b, _ := os.ReadFile(path)
	if (len(b)-24)%64 != 0 {
		t.Errorf("the values start at byte %d, want a multiple of 64", len(b)-24)
	}
	if err := atomicfile.Write(path, 0o644, func(w io.Writer) error { return EncodeNPY(w, []float64{math.Pi}, 1) }); err != nil {
		t.Fatal(err)
	}
	if y, _, _ := ReadNPY(path); y[0] != math.Pi {
		t.Errorf("float64 %v, want π", y[0])
	}
}

func TestDecodeNPYRefuses(t *testing.T) {
	var good bytes.Buffer
	if err := EncodeNPY(&good, make([]float32, 6), 2, 3); err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string { return strings.Replace(good.String(), from, to, 1) }
	for name, s := range map[string]string{
		"empty": "", "text": "hello, this is text", "cut": good.String()[:good.Len()-1], "header cut": good.String()[:40],
		"integers": change("<f4", "<i4"), "Fortran order": change("False", "True "), "too large": change("(2, 3)", "(2147483647, 2147483647)"),
		"negative": change("(2, 3)", "(-2, 3)"), "version": change("\x01\x00", "\x02\x00"),
	} {
		if _, _, err := DecodeNPY(strings.NewReader(s)); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s: %v, want an error that says what would be right", name, err)
		}
	}
}

func FuzzDecodeNPY(f *testing.F) {
	var good bytes.Buffer
	if err := EncodeNPY(&good, make([]float32, 6), 2, 3); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		x, shape, err := DecodeNPY(bytes.NewReader(b))
		size := 1
		for _, n := range shape {
			size *= n
		}
		if err == nil && len(x) != size {
			t.Fatalf("%d values in shape %v", len(x), shape)
		}
	})
}
