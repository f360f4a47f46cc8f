package web

import (
	"math"

	"earshot/daemon/health"
	"earshot/daemon/level"
)

// meter measures loudness over short stretches, in dB below full scale (a full-scale square wave is 0).
type meter struct {
	stretch int // samples

	sum  float64
	peak float32
	n    int

	rmsDBFS, peakDBFS float64 // of the last complete stretch
}

func newMeter(stretch int) *meter {
	return &meter{stretch: stretch, rmsDBFS: health.Floor, peakDBFS: health.Floor}
}

// add takes samples; done when a stretch is complete.
func (m *meter) add(x []float32) (done bool) {
	m.sum += level.Energy(x)
	m.peak = max(m.peak, level.Peak(x))
	if m.n += len(x); m.n < m.stretch {
		return false
	}
	m.rmsDBFS = health.DBFS(math.Sqrt(m.sum / float64(m.n)))
	m.peakDBFS = health.DBFS(float64(m.peak))
	m.sum, m.peak, m.n = 0, 0, 0
	return true
}
