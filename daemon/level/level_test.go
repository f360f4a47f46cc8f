package level

import (
	"math"
	"testing"
)

// table is IEC 61672-1:2013, table 3: nominal frequency (Hz), A-weighting (dB), tolerances of class 1 (dB, up and down).
var table = [][4]float64{
	{20, -50.5, 2, 2}, {25, -44.7, 2, 1.5}, {31.5, -39.4, 1.5, 1.5}, {40, -34.6, 1, 1}, {50, -30.2, 1, 1}, {63, -26.2, 1, 1},
	{80, -22.5, 1, 1}, {100, -19.1, 1, 1}, {125, -16.1, 1, 1}, {160, -13.4, 1, 1}, {200, -10.9, 1, 1}, {250, -8.6, 1, 1}, {315, -6.6, 1, 1},
	{400, -4.8, 1, 1}, {500, -3.2, 1, 1}, {630, -1.9, 1, 1}, {800, -0.8, 1, 1}, {1000, 0, 0.7, 0.7}, {1250, 0.6, 1, 1}, {1600, 1, 1, 1},
	{2000, 1.2, 1, 1}, {2500, 1.3, 1, 1}, {3150, 1.2, 1, 1}, {4000, 1, 1, 1}, {5000, 0.5, 1.5, 1.5}, {6300, -0.1, 1.5, 2}, {8000, -1.1, 1.5, 2.5},
	{10000, -2.5, 2, 3}, {12500, -4.3, 2, 5}, {16000, -6.6, 2.5, 16},
}

// TestAWeighting: at the rates that sources have, the filter keeps to class 1 of the standard up to the highest frequency that such a
// rate can hold.
func TestAWeighting(t *testing.T) {
	for _, rate := range []float64{44100, 48000} {
		all, gain := aWeighting(rate)
		for i, row := range table {
			exact := 1000 * math.Pow(10, float64(i-17)/10) // the nominal ones are rounded
			got := 20 * math.Log10(gain*response(all, exact, rate))
			if got > row[1]+row[2] || got < row[1]-row[3] {
				t.Errorf("%g Hz at %g: %.2f dB, want %.1f +%.1f −%.1f", row[0], rate, got, row[1], row[2], row[3])
			}
		}
	}
}

// tone pushes seconds of a sine, dBFS of its root mean square.
func tone(m *Meter, seconds, hertz, db float64) {
	a := math.Sqrt2 * math.Pow(10, db/20)
	x := make([]float32, int(seconds*44100))
	for i := range x {
		x[i] = float32(a * math.Sin(2*math.Pi*hertz*float64(i)/44100))
	}
	m.Push(x)
}

// TestMinute: a steady tone has one level; half a minute of it is 3 dB less, and as loud at its loudest; calibration adds.
func TestMinute(t *testing.T) {
	for name, c := range map[string]struct {
		offset      float64
		play        func(m *Meter)
		laeq, lamax float64
	}{
		"a kilohertz":   {0, func(m *Meter) { tone(m, 60, 1000, -20) }, -20, -20},
		"calibrated":    {114, func(m *Meter) { tone(m, 60, 1000, -20) }, 94, 94},
		"100 Hz":        {0, func(m *Meter) { tone(m, 60, 100, -20) }, -39.1, -39},
		"half of it":    {0, func(m *Meter) { tone(m, 30, 1000, -20); tone(m, 30, 1000, -100) }, -23, -20},
		"a short burst": {0, func(m *Meter) { tone(m, 0.125, 1000, -20); tone(m, 60, 1000, -100) }, -46.8, -22},
	} {
		m := New(44100, c.offset)
		if _, have := m.Last(); have {
			t.Error("a minute before there was one")
		}
		c.play(m)
		if got, have := m.Last(); !have || math.Abs(got.LAeq-c.laeq) > 0.15 || math.Abs(got.LAmax-c.lamax) > 0.3 {
			t.Errorf("%s: %+v, want LAeq %.1f, LAmax %.1f", name, got, c.laeq, c.lamax)
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	m, x := New(44100, 0), make([]float32, 512)
	if n := testing.AllocsPerRun(10, func() { m.Push(x) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
