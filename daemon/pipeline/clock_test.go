package pipeline

import (
	"math/rand/v2"
	"testing"
	"time"

	"earshot/internal/sampletime"
)

// fakeTime is a clock that tests move.
type fakeTime struct {
	base time.Time
	mono time.Duration
}

func newFakeTime() *fakeTime { return &fakeTime{base: time.Now()} }

func (f *fakeTime) now() time.Time { return f.base.Add(f.mono) }

// TestClockUnderJitter: arrivals late by up to 80 ms and a sound card 100 ppm too slow; the mapping stays within
// the least delay of what is true.
func TestClockUnderJitter(t *testing.T) {
	f := newFakeTime()
	c := newSampleClock(44100, f.now)
	r := rand.New(rand.NewPCG(1, 2))
	const drift = 1.0001
	var worst time.Duration
	for i := range 40000 { // almost eight minutes
		end := int64(i+1) * 512
		exact := time.Duration(float64(sampletime.Span(end, 44100)) * drift)
		f.mono = max(f.mono, exact+time.Duration(r.ExpFloat64()*float64(10*time.Millisecond)))
		c.observe(end, f.mono)
		if i > 1000 {
			got := c.wall(end).Sub(f.base.Round(0))
			worst = max(worst, (got - exact).Abs())
		}
	}
	if worst > 5*time.Millisecond {
		t.Errorf("off by up to %v", worst)
	}
}

// TestClockAfterSuspend: the source stops for an hour without a word; times are right again at once.
func TestClockAfterSuspend(t *testing.T) {
	f := newFakeTime()
	c := newSampleClock(44100, f.now)
	f.mono = time.Second
	c.observe(44100, f.mono)
	f.mono += time.Hour
	c.observe(2*44100, f.mono)
	if got := c.wall(2 * 44100).Sub(f.base.Round(0)); (got - f.mono).Abs() > time.Millisecond {
		t.Errorf("the newest sample is at %v, want %v", got, f.mono)
	}
	if at, ok := c.sample(); !ok || (at-2*44100) > 1 {
		t.Errorf("sounding now: %d, %v", at, ok)
	}
}

// TestFallenBehind: a player that lost half a second for good moves the origin after a few seconds.
func TestFallenBehind(t *testing.T) {
	f := newFakeTime()
	c := newSampleClock(44100, f.now)
	end := int64(0)
	play := func(late time.Duration) {
		for range 1000 {
			end += 512
			f.mono = sampletime.Span(end, 44100) + late
			c.observe(end, f.mono)
		}
	}
	play(0)
	play(500 * time.Millisecond)
	if at, _ := c.sample(); (at-end) > 441 || (end-at) > 441 {
		t.Errorf("sounding now: sample %d, newest %d", at, end)
	}
}

// TestNothingBeforeTheStart: of sound that comes ten times as fast as it sounds, none is put before the start.
func TestNothingBeforeTheStart(t *testing.T) {
	f := newFakeTime()
	c := newSampleClock(44100, f.now)
	for end := int64(44100); end < 600*44100; end += 44100 {
		f.mono += 100 * time.Millisecond
		c.observe(end, f.mono)
		for _, ago := range []int64{0, 44100, 20 * 44100} {
			if at := c.wall(max(0, end-ago)); at.Before(f.base.Round(0)) || at.After(f.now().Round(0)) {
				t.Fatalf("%d samples before the newest: %v after the start, when it is %v", ago, at.Sub(f.base.Round(0)), f.mono)
			}
		}
	}
}

func TestRingRemembersArrivals(t *testing.T) {
	var now time.Duration
	p := New(testConfig(), Outlets{})
	p.in.elapsed = func() time.Duration { return now }
	x := make([]float32, 441)
	for i := range 3000 {
		now = time.Duration(i) * 10 * time.Millisecond
		p.in.Write(x)
	}
	newest := int64(3000 * 441)
	for _, c := range []struct {
		end  int64
		want time.Duration
		ok   bool
	}{
		{newest, 29990 * time.Millisecond, true},
		{newest - 1, 29990 * time.Millisecond, true},
		{newest - 440, 29990 * time.Millisecond, true},
		{newest - 441, 29980 * time.Millisecond, true},
		{newest + 1, 0, false},
		{441, 0, false}, // forgotten
	} {
		if got, ok := p.in.arrived(c.end); got != c.want && c.ok || ok != c.ok {
			t.Errorf("sample %d arrived at %v, %v; want %v, %v", c.end, got, ok, c.want, c.ok)
		}
	}
	p.in.Skip(1000)
	if p.in.next != newest+1000 {
		t.Errorf("next sample %d", p.in.next)
	}
}

// TestWriteAllocatesNothing holds the audio callback's side to its rules.
func TestWriteAllocatesNothing(t *testing.T) {
	p := New(testConfig(), Outlets{})
	x := make([]float32, 441)
	if n := testing.AllocsPerRun(100, func() { p.in.Write(x) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
