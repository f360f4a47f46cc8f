package web

import (
	"testing"
	"time"

	"earshot/gammatone"
)

// TestFeedHasTheModelsAxis: a front end with another hop draws its own number of columns a second.
func TestFeedHasTheModelsAxis(t *testing.T) {
	front := gammatone.Default()
	front.HopSamples = 256
	h := NewHub()
	f := h.Feed("mic", front, 16)
	gammatone.NewStream(front, 16, 0).Push(0, make([]float32, front.WindowSamples()), false, func(w *gammatone.Window) { f.Window(w, time.Now()) })
	spectra, _ := told(t, h)
	if len(spectra) != 1 || spectra[0].Rate != 44100.0/256 || len(spectra[0].Columns) != 16*SpectrumBands {
		t.Errorf("%+v", spectra)
	}
}

// TestFeedLevels: the level of each tenth of a second is told.
func TestFeedLevels(t *testing.T) {
	h := NewHub()
	f := h.Feed("mic", gammatone.Default(), 64)
	_, pipe, _ := h.open()
	defer h.close(pipe)
	x := make([]float32, 4410)
	for i := range x {
		x[i] = 0.1
	}
	f.Write(0, x)
	if got, want := string(<-pipe), `{"type":"level","source":"mic","rms":-20`; len(got) < len(want) || got[:len(want)-3] != want[:len(want)-3] {
		t.Errorf("got %s", got)
	}
}
