package scene

import (
	"math"
	"testing"
)

// A tone keeps its place and length everywhere; 8 kHz sound has nothing of a high one, a background is as far below as it was drawn.
func TestElsewhere(t *testing.T) {
	tone := func(hz float64) []float32 {
		x := make([]float32, 2*Rate)
		for i := Rate / 2; i < Rate; i++ {
			x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/Rate))
		}
		return x
	}
	high, low, bed := tone(9000), tone(500), make([]float32, 3*Rate)
	for i := range bed {
		bed[i] = float32(i%7) - 3
	}
	part := func(x []float32, from float64) float64 {
		i := int(from * Rate)
		return energy(x[i:i+Rate/4]) / (Rate / 4)
	}
	for _, way := range Elsewhere {
		for seed := range uint64(5) {
			y, err := Hear(low, way, bed, seed)
			if err != nil || len(y) != len(low) {
				t.Fatalf("%s: %d samples of %d: %v", way, len(y), len(low), err)
			}
			again, _ := Hear(low, way, bed, seed)
			before, during := part(y, 0.2), part(y, 0.6)
			switch db := 10 * math.Log10(during/before); {
			case way == "background" && (db < leastOver || db > mostOver+4):
				t.Errorf("seed %d: the tone is %.1f dB over its background, want %g to %g", seed, db, leastOver, mostOver)
			case way != "background" && db < 30:
				t.Errorf("%s: the tone is %.1f dB over what is before it", way, db)
			}
			if part(again, 0.6) != during {
				t.Errorf("%s: the same seed gives another sound", way)
			}
		}
	}
	if y, _ := Hear(high, "8000 Hz", nil, 1); part(y, 0.6) > 1e-4*part(high, 0.6) {
		t.Errorf("9 kHz through 8 kHz sound leaves %g of %g", part(y, 0.6), part(high, 0.6))
	}
	if _, err := Hear(low, "cellar", nil, 1); err == nil {
		t.Error("no such place, and no error")
	}
	if y, err := Hear(low, "background", nil, 1); err != nil || part(y, 0.6) != part(low, 0.6) {
		t.Errorf("without a background the recording changes: %v", err)
	}
}

// Through a band, what lies in it stays at its time and level; what does not is gone; a recording comes out as long as it went in.
func TestThrough(t *testing.T) {
	for band, lost := range map[string][]float64{"44100": nil, "16000": {9000}, "8000": {5000, 9000}, "telephone": {90, 5000}} {
		for _, hz := range append([]float64{1000}, lost...) {
			x := make([]float32, Rate)
			for i := Rate / 4; i < 3*Rate/4; i++ {
				x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/Rate))
			}
			y, err := Through(x, band)
			if err != nil || len(y) != len(x) {
				t.Fatalf("%s: %d samples of %d: %v", band, len(y), len(x), err)
			}
			inside := func(x []float32) float64 { return energy(x[2*Rate/5 : 3*Rate/5]) }
			db := 10 * math.Log10(inside(y)/inside(x))
			if hz == 1000 && math.Abs(db) > 1 || hz != 1000 && db > -30 {
				t.Errorf("%s leaves %.1f dB of %g Hz", band, db, hz)
			}
			if before := energy(y[:Rate/5]); before > 1e-4*energy(y) && hz == 1000 {
				t.Errorf("%s: %g of %g sounds before its time", band, before, energy(y))
			}
		}
	}
	if _, err := Through(nil, "narrow"); err == nil {
		t.Error("no such band, and no error")
	}
}
