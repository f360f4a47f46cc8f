package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"sort"

	"earshot/gammatone"
)

const bands = 128

// Panel is one clip: its spectrogram and where the network looked.
type Panel struct {
	Label, Clip string    // label id, clip's name
	Log         []float32 // (frames, 128) dB
	Attention   []float64 // (frames) weight, any unit ≥ 0; see [OverFrames]. Empty: none is drawn
	Named       string    // label id the clip was given
	Score       float64
}

// PanelView is a panel ready for the page.
type PanelView struct {
	Panel
	Name, NamedName string
	Right           bool
	Body            template.HTML
}

// OverFrames spreads the attention of a clip's windows (windows, steps) over
// its frames: each step stands for 128/steps frames (what pooling joined), the
// windows start at frames starts, and where windows overlap their mean counts.
// Weights are scaled so that even attention is 1. It panics when lengths do
// not fit.
func OverFrames(attention []float32, steps int, starts []int, frames int) []float64 {
	if steps < 1 || len(attention) != steps*len(starts) {
		panic(fmt.Sprintf("report: %d attention weights are not %d windows of %d steps", len(attention), len(starts), steps))
	}
	const windowFrames = 128
	out, n := make([]float64, frames), make([]float64, frames)
	width := windowFrames / steps
	for w, start := range starts {
		row := attention[w*steps : (w+1)*steps]
		sum := 0.0
		for _, v := range row {
			sum += float64(v)
		}
		if sum == 0 {
			continue
		}
		for t := range windowFrames {
			f := start + t
			if f < 0 || f >= frames {
				continue
			}
			out[f] += float64(row[min(t/width, steps-1)]) * float64(steps) / sum
			n[f]++
		}
	}
	for i := range out {
		if n[i] > 0 {
			out[i] /= n[i]
		}
	}
	return out
}

// panels checks and draws them.
func panels(list []Panel, name func(string) string) ([]PanelView, error) {
	var out []PanelView
	for _, p := range list {
		frames := len(p.Log) / bands
		if len(p.Log) == 0 || len(p.Log)%bands != 0 {
			return nil, fmt.Errorf("panel of %q: %d values are not frames of %d bands", p.Clip, len(p.Log), bands)
		}
		if len(p.Attention) != 0 && len(p.Attention) != frames {
			return nil, fmt.Errorf("panel of %q: %d attention weights for %d frames", p.Clip, len(p.Attention), frames)
		}
		body, err := drawPanel(p, frames)
		if err != nil {
			return nil, fmt.Errorf("panel of %q: %w", p.Clip, err)
		}
		out = append(out, PanelView{Panel: p, Name: name(p.Label), NamedName: name(p.Named), Right: p.Named == p.Label, Body: body})
	}
	return out, nil
}

// drawPanel lays the attention's curve over the picture, axes in s and kHz.
func drawPanel(p Panel, frames int) (template.HTML, error) {
	picture, err := heat(p.Log, frames)
	if err != nil {
		return "", err
	}
	const w, h, left, bottom = 300.0, 110.0, 34.0, 18.0
	seconds := float64(frames) * 512 / 44100
	d := newDrawing(left+w+4, h+bottom+4, "Spectrogram and attention of "+p.Clip)
	fmt.Fprintf(d, `<image x="%g" y="2" width="%g" height="%g" preserveAspectRatio="none" href="data:image/png;base64,%s"/>`, left, w, h, base64.StdEncoding.EncodeToString(picture))
	for _, hertz := range []float64{100, 1000, 10000} {
		y := 2 + h*(1-bandOf(hertz)/bands)
		d.line(left-3, y, left, y, "axis")
		d.text(left-5, y+3.5, "small end", khz(hertz))
	}
	for _, t := range ticks(0, seconds, 5) {
		x := left + w*t/seconds
		d.line(x, 2+h, x, 5+h, "axis")
		d.text(x, h+bottom, "small mid", general(t)+" s")
	}
	if len(p.Attention) > 0 {
		top := 0.0
		for _, v := range p.Attention {
			if finite(v) {
				top = math.Max(top, v)
			}
		}
		xs, ys := make([]float64, frames), make([]float64, frames)
		for i, v := range p.Attention {
			xs[i] = left + w*(float64(i)+0.5)/float64(frames)
			ys[i] = 2 + h - 0.92*h*v/math.Max(top, 1e-9)
		}
		d.path(xs, ys, "attention-edge")
		d.path(xs, ys, "attention")
	}
	return d.html(), nil
}

// bandOf is the (fractional) band whose centre is at hertz.
func bandOf(hertz float64) float64 {
	centres := gammatone.CentreFrequencies(gammatone.Default())
	i := sort.SearchFloat64s(centres, hertz)
	if i == 0 || i == len(centres) {
		return float64(i)
	}
	return float64(i-1) + (hertz-centres[i-1])/(centres[i]-centres[i-1]) + 0.5
}

func khz(hertz float64) string {
	if hertz < 1000 {
		return fmt.Sprintf("%.0f", hertz)
	}
	return fmt.Sprintf("%.0fk", hertz/1000)
}

// rangeDB is how far below the loudest point the picture goes.
const rangeDB = 80

// heat draws log energies as a paletted PNG, low bands at the bottom.
func heat(log []float32, frames int) ([]byte, error) {
	top, bottom := math.Inf(-1), math.Inf(1)
	for _, v := range log {
		if finite(float64(v)) {
			top, bottom = math.Max(top, float64(v)), math.Min(bottom, float64(v))
		}
	}
	if math.IsInf(top, -1) {
		return nil, fmt.Errorf("no finite energy in it")
	}
	if top == bottom { // all at the floor: silence is dark
		top += rangeDB
	}
	img := image.NewPaletted(image.Rect(0, 0, frames, bands), heatPalette)
	last := float64(len(heatPalette) - 1)
	for t := range frames {
		for b := range bands {
			v := float64(log[t*bands+b])
			if math.IsNaN(v) {
				v = math.Inf(-1)
			}
			i := math.Round(last * (1 - (top-v)/rangeDB))
			img.SetColorIndex(t, bands-1-b, uint8(min(max(i, 0), last)))
		}
	}
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	return out.Bytes(), err
}

// heatPalette goes from near-black over violet and orange to pale yellow, with
// lightness rising evenly, so that it reads in grey too.
var heatPalette = func() color.Palette {
	stops := [][3]float64{{8, 6, 20}, {48, 18, 88}, {112, 30, 110}, {176, 50, 95}, {226, 92, 62}, {250, 160, 60}, {252, 246, 180}}
	const n = 48
	var out color.Palette
	for i := range n {
		pos := float64(i) / (n - 1) * float64(len(stops)-1)
		k := min(int(pos), len(stops)-2)
		f := pos - float64(k)
		var c [3]uint8
		for j := range c {
			c[j] = uint8(math.Round(stops[k][j] + f*(stops[k+1][j]-stops[k][j])))
		}
		out = append(out, color.RGBA{c[0], c[1], c[2], 255})
	}
	return out
}()
