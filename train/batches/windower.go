package batches

import (
	"math"
	"math/rand/v2"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/features"
	"earshot/train/recipe"
)

const bands = train.Bands

// Windower cuts and deforms one window in the domain of energies, where mixing
// two sounds is adding (their cross terms average out), and turns it into the
// network's input.
type Windower struct {
	augment recipe.Augment
	front   gammatone.Config
	limits  *bandLimits // nil: none
	energy  []float32   // (128 frames, 128 bands)
	other   []float32
	log     []float32
	drawn   stretch // what energy was cut from
	mixed   stretch // what other was cut from
}

// stretch is what of a clip a window was cut from.
type stretch struct {
	from, span float64 // frames
	gain       float64 // of energies
	quiet      int     // frames of the window that are digital silence
}

func NewWindower(a recipe.Augment, front gammatone.Config) *Windower {
	n := train.Frames * bands
	w := &Windower{augment: a, front: front, energy: make([]float32, n), other: make([]float32, n), log: make([]float32, n)}
	if a.Band > 0 {
		w.limits = newBandLimits(front)
	}
	return w
}

// Draw takes a window of c: at start, or anywhere that sounds when start is −1.
func (w *Windower) Draw(c *features.Clip, start int, rng *rand.Rand, deform bool) {
	w.drawn = w.cut(w.energy, c, start, rng, deform)
}

// Silent tells whether what was drawn is digital silence almost throughout.
func (w *Windower) Silent() bool { return w.drawn.quiet > train.Frames*9/10 }

// Gain is what the energies of the window that was drawn last were multiplied by.
func (w *Windower) Gain() float64 { return w.drawn.gain }

// Power is the sum of the window's energies.
func (w *Windower) Power() float64 {
	sum := 0.0
	for _, v := range w.energy {
		sum += float64(v)
	}
	return sum
}

// cut resamples a stretch of c's frames and bands into dst.
func (w *Windower) cut(dst []float32, c *features.Clip, start int, rng *rand.Rand, deform bool) stretch {
	speed, shift, gain := 1.0, 0.0, 1.0
	if deform {
		if s := w.augment.Stretch; s > 0 {
			speed = math.Pow(1+s, 2*rng.Float64()-1)
		}
		shift = w.augment.ShiftBands * (2*rng.Float64() - 1)
		if rng.Float64() < 0.3 {
			shift = 0
		}
		gain = math.Pow(10, w.augment.GainDB*(2*rng.Float64()-1)/10)
	}
	span := float64(train.Frames-1)*speed + 1
	from := float64(start)
	if start < 0 {
		from = soundingStart(c, span, rng)
	}
	quiet := 0
	for t := range train.Frames {
		pos := from + float64(t)*speed
		i := int(pos)
		row := dst[t*bands : (t+1)*bands]
		if i < 0 || i >= c.Frames {
			clear(row)
			quiet++
			continue
		}
		if c.Silent[i] {
			quiet++
		}
		f := float32(pos - float64(i))
		lerpFrame(row, c.Energies, i, min(i+1, c.Frames-1), f, shift, float32(gain))
	}
	return stretch{from, span, gain, quiet}
}

// soundingStart draws a start so that the window lies in the clip and not mostly in digital silence.
func soundingStart(c *features.Clip, span float64, rng *rand.Rand) float64 {
	room := math.Max(0, float64(c.Frames)-span)
	from := room * rng.Float64()
	for range 12 {
		if c.SilentShare(int(from), int(span)) < 0.7 {
			break
		}
		from = room * rng.Float64()
	}
	return from
}

// lerpFrame blends frames i and j of e by f, moves it up by shift bands, and scales it.
func lerpFrame(dst, e []float32, i, j int, f float32, shift float64, gain float32) {
	a, b := e[i*bands:(i+1)*bands], e[j*bands:(j+1)*bands]
	if shift == 0 {
		for k := range dst {
			dst[k] = gain * (a[k] + f*(b[k]-a[k]))
		}
		return
	}
	whole := math.Floor(shift)
	g := float32(shift - whole)
	at := func(k int) float32 {
		k = min(max(k, 0), bands-1)
		return a[k] + f*(b[k]-a[k])
	}
	lower := at(-int(whole) - 1)
	for k := range dst {
		upper := at(k - int(whole))
		dst[k] = gain * (upper + g*(lower-upper))
		lower = upper
	}
}

// mix adds a window of another class with a random ratio that knows the gains
// (Tokozume et al. 2018, equation 2) and returns the first one's share of the label.
func (w *Windower) mix(c *features.Clip, rng *rand.Rand) float64 {
	w.mixed = w.cut(w.other, c, -1, rng, true)
	r := rng.Float64()
	g1, g2 := loudness(w.energy), loudness(w.other)
	p := 1 / (1 + math.Pow(10, (g1-g2)/20)*(1-r)/math.Max(r, 1e-6))
	a, b := float32(p*p/(p*p+(1-p)*(1-p))), float32((1-p)*(1-p)/(p*p+(1-p)*(1-p)))
	for i := range w.energy {
		w.energy[i] = a*w.energy[i] + b*w.other[i]
	}
	return r
}

// splice lets the window end as a window of c, and returns the share of its
// frames that stay.
func (w *Windower) splice(c *features.Clip, rng *rand.Rand) float64 {
	w.mixed = w.cut(w.other, c, -1, rng, true)
	from := train.Frames/4 + rng.IntN(train.Frames/2)
	copy(w.energy[from*bands:], w.other[from*bands:])
	return float64(from) / train.Frames
}

// loudness is the level of the loudest eighth of the frames, dB.
func loudness(e []float32) float64 {
	var top [train.Frames / 8]float64
	for t := range train.Frames {
		sum := 0.0
		for _, v := range e[t*bands : (t+1)*bands] {
			sum += float64(v)
		}
		for i := range top { // insertion into a short descending list
			if sum > top[i] {
				sum, top[i] = top[i], sum
			}
		}
	}
	mean := 0.0
	for _, v := range top {
		mean += v / float64(len(top))
	}
	return 10 * math.Log10(mean+1e-12)
}

// AddNoise adds a window of background at snr dB below the loudest part.
func (w *Windower) AddNoise(c *features.Clip, snr float64, rng *rand.Rand) {
	w.mixed = w.cut(w.other, c, -1, rng, false)
	level, noise := loudness(w.energy), loudness(w.other)
	k := float32(math.Pow(10, (level-snr-noise)/10))
	if noise < -80 || k > 1e12 {
		return
	}
	for i := range w.energy {
		w.energy[i] += k * w.other[i]
	}
}

// Finish applies the equaliser and a band limit, takes the logarithm and delta, normalises, and masks.
func (w *Windower) Finish(dst []float32, rng *rand.Rand, n train.Norm) {
	if d := w.augment.EqualiserDB; d > 0 {
		equalise(w.energy, d, rng)
	}
	if w.limits != nil && rng.Float64() < w.augment.Band {
		w.limits.apply(w.energy, rng)
	}
	gammatone.LogFloor(w.log, w.energy, w.front.Floor)
	w.front.FillWindow(dst, w.log)
	n.Apply(dst)
	mask(dst, w.augment.TimeMask, w.augment.BandMask, rng)
}

// equalise multiplies by a smooth random response: a curve through five points of ± db.
func equalise(e []float32, db float64, rng *rand.Rand) {
	var points [5]float64
	for i := range points {
		points[i] = db * (2*rng.Float64() - 1)
	}
	var gain [bands]float32
	for k := range gain {
		pos := float64(k) / bands * float64(len(points)-1)
		i := int(pos)
		f := 0.5 - 0.5*math.Cos(math.Pi*(pos-float64(i)))
		gain[k] = float32(math.Pow(10, (points[i]*(1-f)+points[i+1]*f)/10))
	}
	for t := range train.Frames {
		row := e[t*bands : (t+1)*bands]
		for k := range row {
			row[k] *= gain[k]
		}
	}
}

// mask hides a stretch of frames and one of bands (SpecAugment, Park et al.
// 2019): they become the training mean, 0.
func mask(x []float32, frames, rows int, rng *rand.Rand) {
	plane := bands * train.Frames
	if frames > 0 {
		n := rng.IntN(frames + 1)
		from := rng.IntN(train.Frames - n + 1)
		for i := 0; i < len(x); i += train.Frames {
			clear(x[i+from : i+from+n])
		}
	}
	if rows > 0 {
		n := rng.IntN(rows + 1)
		from := rng.IntN(bands - n + 1)
		for c := range 2 {
			clear(x[c*plane+from*train.Frames : c*plane+(from+n)*train.Frames])
		}
	}
}
