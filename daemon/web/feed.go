package web

import (
	"time"

	"earshot/gammatone"
)

// Feed brings one source's sound to the open pages: its level, and its spectrogram as the front end makes it.
type Feed struct {
	hub    *Hub
	source string
	front  gammatone.Config
	hop    int // frames from window to window
	meter  *meter
}

// Feed makes the feed of a source whose windows come from this front end, hopFrames apart.
func (h *Hub) Feed(source string, front gammatone.Config, hopFrames int) *Feed {
	return &Feed{hub: h, source: source, front: front, hop: hopFrames, meter: newMeter(front.SampleRate / 10)}
}

// Write implements sink.Ear.
func (f *Feed) Write(_ int64, x []float32) {
	if f.meter.add(x) && f.hub.Watched() {
		f.hub.Send(LevelMessage{Type: "level", Source: f.source, RMS: f.meter.rmsDBFS, Peak: f.meter.peakDBFS})
	}
}

// Close implements sink.Ear.
func (f *Feed) Close() {}

// Window takes every window, which ended at the time given; the page remembers the last seconds for whoever opens it.
func (f *Feed) Window(w *gammatone.Window, end time.Time) {
	f.hub.Send(SpectrumMessage{
		Type:    "spectrum",
		Source:  f.source,
		Bands:   SpectrumBands,
		Columns: Columns(w.Frame, f.front.WindowFrames, f.hop),
		Rate:    float64(f.front.SampleRate) / float64(f.front.HopSamples),
		End:     end,
	})
}
