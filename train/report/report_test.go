package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"earshot/train/dataset"
	"earshot/train/metrics"
	"earshot/train/metrics/stream"
)

// sample is a report with everything in it, from made-up figures.
func sample(t *testing.T, classCount int) Report {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	labels, names := []string{}, map[string]string{}
	for i := range classCount {
		labels = append(labels, fmt.Sprintf("label_%d", i))
		names[labels[i]] = fmt.Sprintf("Label <%d> & é", i)
	}
	var clips []metrics.Clip
	for i := range classCount * 8 {
		row := make([]float32, classCount)
		sure := .3 + .7*rng.Float32()
		row[i%classCount] = sure
		row[(i%classCount+1+rng.IntN(3))%classCount] += 1 - sure
		clips = append(clips, metrics.Clip{Name: fmt.Sprint(i), Label: i % classCount, Scores: row})
	}
	result, err := metrics.Evaluate(labels, nil, clips)
	if err != nil {
		t.Fatal(err)
	}
	r := Report{
		Title: "Report <script>", Subtitle: "made up", Names: names, Result: result, Clean: .83,
		Tiles:      []Tile{{"Clip accuracy", "83.0 %", "95 %: 79–86"}, {"ms a window", "4.8", "one thread"}},
		Tables:     []Table{{Title: "Ablation", Columns: []string{"variant", "accuracy"}, Rows: [][]string{{"none", "79.9 %"}, {"both", "86.1 %"}}}},
		Provenance: []Fact{{"Seed", "1"}}, Licences: map[string]int{"CC0": 5, "": 2}, Steps: "Seven steps a window.",
		Credits: []dataset.Credit{{Author: "Ann", Title: "Bell", URL: "https://freesound.org/x", Licence: "CC-BY"}, {Author: "Eve", URL: "javascript:alert(1)", Title: "evil"}},
		Charts: []Chart{DET("Trade-off <all>", []stream.DET{{Label: labels[0], Points: []stream.DETPoint{{Threshold: .1, FalseHour: 30}, {Threshold: .9, FalseHour: 0, Missed: .5}}}, {Label: "empty"}}, .5,
			func(id string) string { return names[id] })},
		ChartsNote: "Each point is a threshold.",
		Broken:     []dataset.Broken{{Path: "a.wav", Err: errors.New("not audio")}},
		Warnings:   []string{"thin"},
	}
	for run, name := range []string{"seed 1", "seed 2"} {
		curve := Run{Name: name}
		for e := range 100 {
			acc := math.NaN()
			if e%5 == 0 {
				acc = .8 - .7*math.Exp(-float64(e)/20) + .02*float64(run)
			}
			curve.Points = append(curve.Points, Point{float64(e), 3*math.Exp(-float64(e)/30) + .1*rng.Float64(), acc})
		}
		r.Runs = append(r.Runs, curve)
	}
	for _, n := range []string{"white", "pink", "real"} {
		for _, s := range metrics.Ladder {
			r.SNR = append(r.SNR, metrics.SNRPoint{Noise: n, SNR: s, Right: metrics.Right{Accuracy: .8 / (1 + math.Exp(-(s-float64(len(n)))/5))}})
		}
	}
	for i := range classCount {
		p := Panel{Label: labels[i], Named: labels[i-i%3], Clip: "clip.ogg", Score: .7}
		p.Log = make([]float32, 200*bands)
		for j := range p.Log {
			p.Log[j] = float32(-40 + 30*math.Sin(float64(j/bands)/20)*math.Sin(float64(j%bands)/9) + 3*rng.NormFloat64())
		}
		p.Attention = OverFrames([]float32{.1, .1, .1, .4, .1, .1, .1, .05, .05, .6, .1, .1, .05, .05}, 7, []int{0, 72}, 200)
		r.Panels = append(r.Panels, p)
	}
	return r
}

func render(t *testing.T, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var svgText = regexp.MustCompile(`(?s)<svg.*?</svg>`)

var pngText = regexp.MustCompile(`base64,[^"]*`)

func checkNumbers(t *testing.T, svg string) {
	t.Helper()
	svg = pngText.ReplaceAllString(svg, "")
	for _, bad := range []string{"NaN", "Inf", "∞"} {
		if strings.Contains(svg, bad) {
			t.Errorf("a drawing holds a number that is none (%s): %.300s", bad, svg)
		}
	}
}

// TestCompleteReport checks that every section is there, that drawings are
// well-formed, and that nothing is fetched from anywhere.
func TestCompleteReport(t *testing.T) {
	page := render(t, sample(t, 12))
	for _, want := range []string{"Learning curves", "Confusion matrix", "Calibration", "Robustness against noise", "Attention", "Ablation", "Provenance", "Credits: 2 recordings", "not audio", "thin", "not stated", "Seven steps", "clean 83.0 %", "seed 2, epoch 95", "false events an hour", "30 false an hour, 0.0 % missed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	drawings := svgText.FindAllString(page, -1)
	if len(drawings) != 2+1+1+1+12+1 {
		t.Errorf("%d drawings, want 18", len(drawings))
	}
	for _, d := range drawings {
		dec := xml.NewDecoder(strings.NewReader(d))
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("not well-formed: %v in %.300s", err, d)
			}
		}
		checkNumbers(t, d)
	}
	for _, bad := range []string{"<script", "javascript:", "src=", "@import", "url(", "<link"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, "Label &lt;3&gt; &amp; é") {
		t.Error("text was not escaped")
	}
}

func TestEmptyReport(t *testing.T) {
	page := render(t, Report{Title: "nothing"})
	for _, section := range []string{"<h2>", "<svg", "<table>"} {
		if strings.Contains(page, section) {
			t.Errorf("a report of nothing contains %s", section)
		}
	}
}

// TestOddFigures: what a broken or very short run leaves must still draw.
func TestOddFigures(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	r := Report{
		Runs:   []Run{{"empty", nil}, {"one", []Point{{0, 3.9, nan}}}, {"diverged", []Point{{0, 4, .02}, {1, nan, .02}, {2, inf, nan}}}},
		SNR:    []metrics.SNRPoint{{Noise: "white", SNR: 0, Right: metrics.Right{Accuracy: .5}}},
		Panels: []Panel{{Label: "x", Clip: "silence", Log: make([]float32, bands)}, {Clip: "nan", Log: append(make([]float32, bands-1), float32(nan)), Attention: []float64{nan}}},
	}
	for range 10 { // more runs than colours
		r.Runs = append(r.Runs, Run{"more", []Point{{0, 1, .1}, {5, .5, .2}}})
	}
	for _, d := range svgText.FindAllString(render(t, r), -1) {
		checkNumbers(t, d)
	}
}

func TestRenderErrors(t *testing.T) {
	for _, c := range []struct {
		p    Panel
		want string
	}{
		{Panel{Clip: "a"}, `panel of "a": 0 values are not frames of 128 bands`},
		{Panel{Clip: "a", Log: make([]float32, 129)}, "129 values are not frames"},
		{Panel{Clip: "a", Log: make([]float32, 256), Attention: []float64{1}}, "1 attention weights for 2 frames"},
		{Panel{Clip: "a", Log: filled(bands, float32(math.Inf(-1)))}, "no finite energy"},
	} {
		path := filepath.Join(t.TempDir(), "report.html")
		err := Write(path, Report{Title: "t", Panels: []Panel{c.p}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want …%s…", err, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 0 {
			t.Errorf("a failed report left %v", left)
		}
	}
}

func filled(n int, v float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func TestOverFrames(t *testing.T) {
	// Two windows that overlap by half; steps of 128/7 = 18 frames.
	got := OverFrames([]float32{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 7, []int{0, 64}, 190)
	for f, want := range map[int]float64{0: 7, 17: 7, 18: 0, 63: 0, 64: 0, 100: 0, 172: 7, 189: 7} {
		if math.Abs(got[f]-want) > 1e-9 {
			t.Errorf("frame %d has weight %g, want %g", f, got[f], want)
		}
	}
	even := OverFrames([]float32{.5, .5, .5, .5}, 2, []int{0, 20}, 148)
	for f, v := range even {
		if v != 1 {
			t.Errorf("even attention weighs frame %d with %g", f, v)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("lengths that do not fit were taken")
		}
	}()
	OverFrames([]float32{1, 2, 3}, 2, []int{0}, 10)
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		n      int
		want   string
	}{{0, 1, 5, "[0 0.2 0.4 0.6000000000000001 0.8 1]"}, {0, 99, 6, "[0 20 40 60 80]"}, {3, 3, 5, "[3]"}, {-7, 20, 5, "[0 10 20]"}} {
		if got := fmt.Sprint(ticks(c.lo, c.hi, c.n)); got != c.want {
			t.Errorf("ticks of %g to %g: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

// TestWrite leaves the sample where EARSHOT_REPORT names a file, to be looked
// at in a browser.
func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	classes := 10
	if p := os.Getenv("EARSHOT_REPORT"); p != "" {
		path, classes = p, 50
	}
	if err := Write(path, sample(t, classes)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 8<<20 {
		t.Errorf("%v, %v: want a file of at most 8 MiB", info, err)
	}
}

// TestHeat: the loudest point is palest, silence is dark, low bands are below.
func TestHeat(t *testing.T) {
	log := filled(3*bands, -100)
	log[1*bands+5] = 0
	log[2*bands+5] = -40
	img := decode(t, log, 3)
	lightness := func(x, band int) uint32 {
		r, g, b, _ := img.At(x, bands-1-band).RGBA()
		return r + g + b
	}
	if !(lightness(1, 5) > lightness(2, 5) && lightness(2, 5) > lightness(0, 5)) || lightness(1, 6) != lightness(0, 0) {
		t.Errorf("lightness: 0 dB %d, −40 dB %d, −100 dB %d", lightness(1, 5), lightness(2, 5), lightness(0, 5))
	}
	silent := decode(t, filled(bands, -100), 1)
	if silent.At(0, 0) != img.At(0, 0) {
		t.Error("silence is not dark")
	}
}

func decode(t *testing.T, log []float32, frames int) image.Image {
	t.Helper()
	b, err := heat(log, frames)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}
