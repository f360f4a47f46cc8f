package health

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const rate = 800 // Hz; nothing here depends on it

// sound makes seconds of samples by f(sample).
func sound(seconds int, f func(i int) float64) []float32 {
	x := make([]float32, seconds*rate)
	for i := range x {
		x[i] = float32(f(i))
	}
	return x
}

func noise(amplitude float64) func(int) float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	return func(int) float64 { return amplitude * rng.NormFloat64() }
}

func constant(v float64) func(int) float64 { return func(int) float64 { return v } }

// clip is f limited to full scale, as a 16-bit converter does it.
func clip(f func(int) float64) func(int) float64 {
	return func(i int) float64 { return max(-1, min(32767.0/32768, f(i))) }
}

type part struct {
	seconds int
	f       func(int) float64
	want    Problem // at its end
}

func TestVerdicts(t *testing.T) {
	room := noise(0.003) // −50 dBFS
	offset := func(by, amplitude float64) func(int) float64 {
		n := noise(amplitude)
		return func(i int) float64 { return by + n(i) }
	}
	for name, parts := range map[string][]part{
		"a quiet room for an hour":       {{3600, noise(0.0004), None}},
		"dead, and alive again":          {{60, room, None}, {29, constant(0), None}, {2, constant(0), Dead}, {60, constant(0), Dead}, {1, room, Dead}, {2, room, None}},
		"a noise gate is not dead":       {{20, constant(0), None}, {1, room, None}, {20, constant(0), None}, {1, room, None}, {20, constant(0), None}},
		"one sample of life a second":    {{120, func(i int) float64 { return map[bool]float64{true: 0.01}[i%rate == 7] }, None}},
		"stuck":                          {{31, constant(0.25), Stuck}, {3, room, None}},
		"stuck at full scale":            {{31, constant(-1), Stuck}},
		"dead from the start":            {{31, constant(0), Dead}},
		"clipped, until turned down":     {{60, room, None}, {10, clip(noise(2)), Clipped}, {60, room, Clipped}, {300, room, None}},
		"one slammed door does not clip": {{60, room, None}, {1, func(i int) float64 { return map[bool]float64{true: 1}[i < rate/50] }, None}, {60, room, None}},
		"loud but clean":                 {{60, func(i int) float64 { return 0.99 * math.Sin(float64(i)) }, None}},
		"offset, and mended":             {{60, offset(0.1, 0.003), DCOffset}, {60, offset(0.04, 0.003), DCOffset}, {60, room, None}},
		"a small offset":                 {{60, offset(-0.02, 0.003), None}},
		"negative offset":                {{60, offset(-0.2, 0.003), DCOffset}},
		"too quiet":                      {{590, noise(1e-5), None}, {20, noise(1e-5), TooQuiet}, {5, room, TooQuiet}, {20, room, None}},
		"too quiet upon an offset":       {{620, offset(0.02, 1e-5), TooQuiet}},
		"between the limits":             {{700, noise(math.Pow(10, -76./20)), None}},
	} {
		t.Run(name, func(t *testing.T) {
			m := New(rate, Default())
			for i, p := range parts {
				x := sound(p.seconds, p.f)
				for len(x) > 0 {
					n := min(len(x), 511)
					before := m.Report()
					changed := m.Push(x[:n])
					x = x[n:]
					after := m.Report()
					if changed != (before.Problem != after.Problem) || !changed && before.Detail != after.Detail {
						t.Fatalf("Push says changed = %v for %q → %q", changed, before.Detail, after.Detail)
					}
				}
				r := m.Report()
				if r.Problem != p.want {
					t.Fatalf("after part %d: %+v, want %q", i, r, p.want)
				}
				if (r.Problem == None) != (r.Detail == "") {
					t.Errorf("after part %d: %+v", i, r)
				}
			}
		})
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		name        string
		f           func(int) float64
		level, peak float64
	}{
		{"full-scale square", func(i int) float64 { return float64(1 - 2*(i%2)) }, 0, 0},
		{"full-scale sine", func(i int) float64 { return math.Sin(2 * math.Pi * float64(i) / 16) }, -3.01, 0},
		{"tenth", func(i int) float64 { return 0.1 * float64(1-2*(i%2)) }, -20, -20},
		{"digital silence", constant(0), Floor, Floor},
	} {
		m := New(rate, Default())
		m.Push(sound(1, c.f))
		r := m.Report()
		if math.Abs(r.LevelDBFS-c.level) > 0.01 || math.Abs(r.PeakDBFS-c.peak) > 0.01 {
			t.Errorf("%s: level %.2f, peak %.2f dBFS; want %.2f, %.2f", c.name, r.LevelDBFS, r.PeakDBFS, c.level, c.peak)
		}
	}
}

// A verdict does not flicker: a signal that sits on a limit changes it at most once.
func TestHysteresis(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	m := New(rate, Default())
	changes := 0
	for range 600 {
		v := 0.05 + 0.015*(rng.Float64()-0.5)
		if m.Push(sound(1, func(i int) float64 { return v + 0.01*float64(1-2*(i%2)) })) {
			changes++
		}
	}
	if changes > 1 {
		t.Errorf("the verdict changed %d times on the limit", changes)
	}
}

func TestAllocatesNothing(t *testing.T) {
	m := New(rate, Default())
	x := sound(1, noise(0.01))[:512]
	if n := testing.AllocsPerRun(1000, func() { m.Push(x) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestDetailsTeach(t *testing.T) {
	m := New(rate, Default())
	m.Push(sound(31, constant(0)))
	if d := m.Report().Detail; !strings.Contains(d, Default().ConstantOn.String()) || !strings.Contains(d, "muted") {
		t.Errorf("detail %q", d)
	}
	if Default().QuietFor < time.Minute {
		t.Error("a pause is not silence")
	}
}

func BenchmarkPush(b *testing.B) {
	m := New(44100, Default())
	x := sound(1, noise(0.01))[:512]
	b.SetBytes(512)
	for b.Loop() {
		m.Push(x)
	}
}
