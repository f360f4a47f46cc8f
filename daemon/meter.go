package daemon

import (
	"math"
	"sync"

	"earshot/daemon/health"
)

// meter measures loudness over short stretches, in dB below full scale (a full-scale square wave is 0).
type meter struct {
	stretch int // samples

	sum  float64 // the listener's
	peak float32
	n    int

	mu       sync.Mutex // guards the rest: the listener writes, any reads
	rmsDBFS  float64
	peakDBFS float64
}

func newMeter(stretch int) *meter {
	return &meter{stretch: stretch, rmsDBFS: health.Floor, peakDBFS: health.Floor}
}

// add takes samples; done when a stretch is complete.
func (m *meter) add(x []float32) (done bool) {
	for _, v := range x {
		m.sum += float64(v) * float64(v)
		m.peak = max(m.peak, v, -v)
	}
	if m.n += len(x); m.n < m.stretch {
		return false
	}
	m.mu.Lock()
	m.rmsDBFS = dbfs(math.Sqrt(m.sum / float64(m.n)))
	m.peakDBFS = dbfs(float64(m.peak))
	m.mu.Unlock()
	m.sum, m.peak, m.n = 0, 0, 0
	return true
}

// levels are those of the last complete stretch.
func (m *meter) levels() (rmsDBFS, peakDBFS float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rmsDBFS, m.peakDBFS
}

func dbfs(amplitude float64) float64 { return max(20*math.Log10(amplitude), health.Floor) }
