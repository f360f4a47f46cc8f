package augment

import (
	"fmt"
	"math"

	"earshot/internal/audio"
)

// MaxSemitones bounds [Stretcher.Pitch]; the paper shifts by ±3.5.
const MaxSemitones = 12

// pitchSteps is how finely a frequency ratio is resolved: 1/700 is 2.5 cents,
// below what an ear hears, and keeps the resampler's filter table small.
const (
	pitchSteps = 700
	pitchUnit  = 63 // Hz; 700·63 = 44 100
)

// Pitch returns x shifted by semitones at its old length: stretched by the
// frequency ratio, then resampled back. Formants move with the pitch, as the
// paper's (and librosa's) shift has it. It panics beyond ±MaxSemitones.
func (s *Stretcher) Pitch(x []float32, semitones float64) []float32 {
	if !(math.Abs(semitones) <= MaxSemitones) {
		panic(fmt.Sprintf("augment: pitch shift by %g semitones, want −%d to %d", semitones, MaxSemitones, MaxSemitones))
	}
	steps := int(math.Round(pitchSteps * math.Pow(2, semitones/12)))
	out := make([]float32, len(x))
	if steps == pitchSteps || len(x) == 0 {
		copy(out, x)
		return out
	}
	long := s.Stretch(x, pitchSteps/float64(steps))
	r, err := audio.NewResampler(steps*pitchUnit, pitchSteps*pitchUnit)
	if err != nil {
		panic("augment: " + err.Error()) // both rates are within its bounds
	}
	n := copy(out, r.Process(long))
	copy(out[n:], r.Flush())
	return out
}
