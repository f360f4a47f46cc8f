// Package cadence finds smoke and carbon monoxide alarms by their rhythm, which standards lay down and no network need
// learn:
//
//	smoke  T3  tone 0.5 s on, 0.5 s off, on, off, on, 1.5 s off     (ISO 8201, NFPA 72)
//	CO     T4  tone 0.1 s on, 0.1 s off, four times, then 5 s off   (NFPA 720, UL 2034)
//
// The tone is near 3.1 kHz, or a square wave of 520 Hz for heavy sleepers. A rhythm counts once it has been heard twice over,
// on one pitch, so that it is told 8 (T3) or 7 (T4) seconds after it began.
//
//	frames of energies → [tracker] one a range of pitch: when a tone is on → [pattern] one a rhythm: do the beeps fit?
package cadence

import "earshot/gammatone"

// Labels are the ids of what is found, in the order of scores.
var Labels = []string{"smoke_alarm", "co_alarm"}

// Names are what people call them, beside [Labels].
var Names = []string{"Smoke alarm", "Carbon monoxide alarm"}

// Detector listens to one source. It allocates nothing after New, and belongs to one goroutine.
type Detector struct {
	frame    float64 // s, from one frame to the next
	trackers []tracker
	until    [2]int64 // beside Labels: the sample up to which it counts as heard
	rate     int
	now      int64 // newest frame
}

// The ranges of pitch, Hz.
var ranges = [][2]float64{{480, 570}, {2500, 4000}}

// New makes a detector for frames of c's front end. It panics if c is not valid.
func New(c gammatone.Config) *Detector {
	d := &Detector{frame: float64(c.HopSamples) / float64(c.SampleRate), rate: c.SampleRate}
	centres := gammatone.CentreFrequencies(c)
	for _, r := range ranges {
		t := tracker{first: len(centres), last: -1}
		for k, hz := range centres {
			if hz >= r[0] && hz <= r[1] {
				t.first, t.last = min(t.first, k), k
			}
		}
		if t.last >= t.first {
			d.trackers = append(d.trackers, t)
		}
	}
	return d
}

// Frame takes one frame's energies (bands), linear; end is the absolute index one past its last sample. Frames come in order;
// a gap between them only breaks a rhythm.
func (d *Detector) Frame(end int64, energies []float32) {
	d.now = end
	at := float64(end) / float64(d.rate)
	for i := range d.trackers {
		if !d.trackers[i].frame(at, d.frame, energies) {
			continue
		}
		for l, p := range patterns {
			if p.fits(&d.trackers[i].beeps) {
				d.until[l] = end + int64(p.lasts*float64(d.rate))
			}
		}
	}
}

// Scores writes to dst (len(Labels)) 1 for what is heard at the newest frame, 0 for what is not.
func (d *Detector) Scores(dst []float32) {
	for l := range Labels {
		dst[l] = 0
		if d.now < d.until[l] {
			dst[l] = 1
		}
	}
}
