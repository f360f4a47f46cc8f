package batches

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/features"
	"earshot/train/recipe"
)

// lineClip has energy in one band only.
func lineClip(band, frames int, level float32) *features.Clip {
	c := tones.Silent(frames)
	clear(c.Silent)
	for t := range frames {
		c.Energies[t*bands+band] = level
	}
	return c
}

// Mixing adds energies, and its ratio knows how loud the two are: the amplitudes stand to each
// other as the labels' shares do (Tokozume et al. 2018, equation 2).
func TestMixAddsEnergiesAsItsLabelsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	w := NewWindower(recipe.Augment{}, tones.Front())
	for _, levels := range [][2]float32{{1, 1}, {100, 1}, {1, 1000}} {
		for range 20 {
			w.Draw(lineClip(30, 200, levels[0]), -1, rng, true)
			share := w.mix(lineClip(90, 200, levels[1]), rng)
			a, b := w.energy[50*bands+30], w.energy[50*bands+90]
			for i, e := range w.energy {
				want := map[int]float32{30: a, 90: b}[i%bands]
				if math.Abs(float64(e-want)) > 1e-6*float64(want) {
					t.Fatalf("levels %v: energy %g in frame %d, band %d", levels, e, i/bands, i%bands)
				}
			}
			// Each is a multiple of what was there; the multiples sum to 1 as powers of p and 1−p do.
			ka, kb := float64(a/levels[0]), float64(b/levels[1])
			if math.Abs(ka+kb-1) > 1e-5 {
				t.Errorf("levels %v: shares of energy %g and %g do not sum to 1", levels, ka, kb)
			}
			amplitudes := math.Sqrt(float64(a) / float64(b))
			if want := share / (1 - share); math.Abs(amplitudes-want) > 1e-3*want {
				t.Errorf("levels %v: label's share %.3f, amplitudes %.3f to 1, want %.3f", levels, share, amplitudes, want)
			}
		}
	}
}

// Noise comes at the ratio asked for, measured on the loudest frames, and silence adds none.
func TestNoiseKeepsItsRatio(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	w := NewWindower(recipe.Augment{}, tones.Front())
	for _, snr := range []float64{-5, 0, 20} {
		w.Draw(lineClip(30, 200, 8), -1, rng, false)
		w.AddNoise(lineClip(90, 200, 0.01), snr, rng)
		got := 10 * math.Log10(float64(w.energy[30])/float64(w.energy[90]))
		if math.Abs(got-snr) > 0.01 || w.energy[30] != 8 {
			t.Errorf("asked %g dB, got %g; the sound itself went from 8 to %g", snr, got, w.energy[30])
		}
	}
	w.Draw(lineClip(30, 200, 8), -1, rng, false)
	w.AddNoise(tones.Silent(200), 0, rng)
	for i, e := range w.energy {
		if e != 0 && i%bands != 30 {
			t.Fatal("digital silence was amplified")
		}
	}
}

// Pitch moves a line by at most the bands asked, both ways; its energy stays.
func TestShiftKeepsItsBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	w := NewWindower(recipe.Augment{ShiftBands: 5}, tones.Front())
	lowest, highest := 200.0, 0.0
	for range 200 {
		w.Draw(lineClip(60, 200, 1), -1, rng, true)
		center, sum := 0.0, 0.0
		for k, e := range w.energy[:bands] {
			center, sum = center+float64(k)*float64(e), sum+float64(e)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Fatalf("energy %g after a shift, was 1", sum)
		}
		lowest, highest = math.Min(lowest, center), math.Max(highest, center)
	}
	if lowest < 55-1e-4 || highest > 65+1e-4 || lowest > 56 || highest < 64 {
		t.Errorf("a line at band 60 went to %.2f … %.2f, want to fill 55 … 65", lowest, highest)
	}
}

// Time is scaled by 1/(1+s) to 1+s: clicks 20 frames apart come out that much closer or further.
func TestStretchKeepsItsBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 2))
	clip := tones.Silent(430)
	clear(clip.Silent)
	for i := 0; i < 430; i += 20 {
		clip.Energies[i*bands+10] = 1
	}
	w := NewWindower(recipe.Augment{Stretch: 0.25}, tones.Front())
	shortest, longest := 1e9, 0.0
	for range 200 {
		w.Draw(clip, -1, rng, true)
		first, last, clicks := -1.0, 0.0, -1
		at, sum := 0.0, 0.0
		for f := 1; f < train.Frames; f++ { // a click falls on a few frames: their centre
			if e := float64(w.energy[f*bands+10]); e > 0 {
				at, sum = at+e*float64(f), sum+e
				continue
			}
			if sum > 0 && w.energy[10] == 0 || sum > 0 && clicks >= 0 {
				last = at / sum
				if clicks++; clicks == 0 {
					first = last
				}
			} else if sum > 0 { // the first is cut by the window's edge
				w.energy[10] = 0
			}
			at, sum = 0, 0
		}
		every := (last - first) / float64(clicks)
		shortest, longest = math.Min(shortest, every), math.Max(longest, every)
	}
	if shortest < 20/1.25-0.1 || longest > 20*1.25+0.1 || shortest > 17 || longest < 24 {
		t.Errorf("clicks 20 frames apart came out %.2f … %.2f apart, want to fill 16 … 25", shortest, longest)
	}
}

// Gain and equaliser stay within their decibels.
func TestGainAndEqualiserKeepTheirBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	flat := tones.Silent(200)
	clear(flat.Silent)
	for i := range flat.Energies {
		flat.Energies[i] = 1
	}
	w := NewWindower(recipe.Augment{GainDB: 12}, tones.Front())
	most := 0.0
	for range 300 {
		w.Draw(flat, -1, rng, true)
		most = math.Max(most, math.Abs(10*math.Log10(float64(w.energy[0]))))
	}
	if most > 12+1e-4 || most < 11 {
		t.Errorf("gains up to %.2f dB, want 12", most)
	}
	for range 50 {
		w.Draw(flat, -1, rng, false)
		equalise(w.energy, 4, rng)
		previous := 10 * math.Log10(float64(w.energy[0]))
		for k := range bands {
			db := 10 * math.Log10(float64(w.energy[k]))
			if math.Abs(db) > 4+1e-4 || math.Abs(db-previous) > 0.5 || w.energy[k] != w.energy[100*bands+k] {
				t.Fatalf("equaliser: %g dB in band %d after %g", db, k, previous)
			}
			previous = db
		}
	}
}

// Masks hide one stretch of frames and one of bands, in both channels alike, and nothing else.
func TestMasksHideStretches(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	widest, tallest := 0, 0
	for range 300 {
		x := make([]float32, 2*bands*train.Frames)
		for i := range x {
			x[i] = 1
		}
		mask(x, 16, 12, rng)
		hidden := func(band, frame int) bool { return x[band*train.Frames+frame] == 0 }
		var frames, rows []int
		for f := range train.Frames { // a hidden frame is hidden in every band
			all := true
			for k := range bands {
				all = all && hidden(k, f)
			}
			if all {
				frames = append(frames, f)
			}
		}
		for k := range bands {
			all := true
			for f := range train.Frames {
				all = all && hidden(k, f)
			}
			if all {
				rows = append(rows, k)
			}
		}
		count := 0
		for i := range x {
			if x[i] == 0 {
				count++
			}
		}
		f, r := len(frames), len(rows)
		if f > 16 || r > 12 || f > 0 && frames[f-1]-frames[0] != f-1 || r > 0 && rows[r-1]-rows[0] != r-1 {
			t.Fatalf("hidden frames %v, bands %v", frames, rows)
		}
		if want := 2 * (f*bands + r*train.Frames - f*r); count != want {
			t.Fatalf("%d cells hidden, want %d", count, want)
		}
		widest, tallest = max(widest, f), max(tallest, r)
	}
	if widest != 16 || tallest != 12 {
		t.Errorf("at most %d frames and %d bands hidden, want 16 and 12", widest, tallest)
	}
}

// A splice changes from one sound to the other once, where its label says.
func TestSpliceChangesWhereItsLabelSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	w := NewWindower(recipe.Augment{}, tones.Front())
	for range 20 {
		w.Draw(lineClip(30, 200, 1), -1, rng, true)
		share := w.splice(lineClip(90, 200, 1), rng)
		for f := range train.Frames {
			first := float64(f) < share*train.Frames
			if a, b := w.energy[f*bands+30], w.energy[f*bands+90]; (a == 1) != first || (b == 1) == first {
				t.Fatalf("share %g: frame %d has %g of the first and %g of the second", share, f, a, b)
			}
		}
		if share < 0.25 || share >= 0.75 {
			t.Errorf("share %g", share)
		}
	}
}
