package audio

import (
	"fmt"

	resampling "github.com/tphakala/go-audio-resampler"
)

// Resampler converts one channel from one rate to another, band-limited,
// chunk by chunk.
type Resampler struct {
	from, to int
	d        *resampling.SimpleResamplerFloat32
}

// NewResampler plans a conversion from one rate to another, Hz.
func NewResampler(from, to int) (*Resampler, error) {
	if from < MinRate || from > MaxRate || to < MinRate || to > MaxRate {
		return nil, fmt.Errorf("audio: resample from %d Hz to %d Hz; want rates of %d Hz to %d Hz", from, to, MinRate, MaxRate)
	}
	d, err := resampling.NewEngineFloat32(float64(from), float64(to), resampling.QualityHigh)
	if err != nil {
		return nil, fmt.Errorf("audio: resample from %d Hz to %d Hz: %w", from, to, err)
	}
	return &Resampler{from: from, to: to, d: d}, nil
}

// Process takes the next samples and returns those that are ready, in a slice
// that is valid until the next call.
func (r *Resampler) Process(x []float32) []float32 {
	y, err := r.d.Process(x)
	if err != nil {
		panic("audio: resampler: " + err.Error())
	}
	return y
}

// Flush returns what is left at the end.
func (r *Resampler) Flush() []float32 {
	y, err := r.d.Flush()
	if err != nil {
		panic("audio: resampler: " + err.Error())
	}
	return y
}
