package takes

import (
	"math"
	"math/rand/v2"
	"testing"
)

// recording is white noise at a level with a tone of another in it, from one second on.
func recording(seconds, from, to float64, toneDB, noiseDB float64, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, int(seconds*Rate))
	tone, noise := math.Sqrt2*math.Pow(10, toneDB/20), math.Pow(10, noiseDB/20)
	for i := range x {
		v := noise * rng.NormFloat64()
		if at := float64(i) / Rate; at >= from && at < to {
			v += tone * math.Sin(2*math.Pi*1000*at)
		}
		x[i] = float32(v)
	}
	return x
}

// near tells whether a sample lies within 0.1 s of a time in seconds.
func near(sample int, seconds float64) bool { return math.Abs(float64(sample)/Rate-seconds) <= 0.1 }

func TestExamine(t *testing.T) {
	for name, c := range map[string]struct {
		x       []float32
		stands  bool
		sound   [][2]float64 // seconds
		quiet   int
		silence bool // around it
	}{
		"in a room":                {recording(4, 1.5, 2.5, -20, -50, 1), true, [][2]float64{{1.5, 2.5}}, 2, false},
		"faint":                    {recording(4, 1.5, 2.5, -40, -55, 1), true, [][2]float64{{1.5, 2.5}}, 2, false},
		"nothing but noise":        {recording(3, 0, 0, -20, -50, 2), false, [][2]float64{{0, 3}}, 0, false},
		"lasts throughout":         {recording(3, 0, 3, -20, -50, 2), false, [][2]float64{{0, 3}}, 0, false},
		"at the very beginning":    {recording(3, 0, 0.5, -20, -50, 3), true, [][2]float64{{0, 0.5}}, 1, false},
		"cut by somebody before":   {append(make([]float32, 3*Rate), recording(0.5, 0, 0.5, -20, -50, 4)...), true, [][2]float64{{3, 3.5}}, 1, true},
		"digital silence, nothing": {make([]float32, Rate), false, [][2]float64{{0, 1}}, 0, true},
	} {
		got := Examine(c.x)
		if got.Stands != c.stands || len(got.Sound) != len(c.sound) || len(got.Quiet) != c.quiet {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, s := range c.sound {
			if !near(got.Sound[i][0], s[0]) || !near(got.Sound[i][1], s[1]) {
				t.Errorf("%s: sound %v, want %v s", name, got.Sound[i], s)
			}
		}
	}
}

// TestTwoSounds: a pause within a sound is part of it, two sounds far apart are two, and a knock far below is none.
func TestTwoSounds(t *testing.T) {
	x := recording(6, 1, 1.3, -20, -60, 1)
	for i, v := range recording(6, 1.5, 1.8, -20, -90, 2) { // 0.2 s later
		x[i] += v
	}
	for i, v := range recording(6, 4, 4.3, -25, -90, 3) {
		x[i] += v
	}
	for i, v := range recording(6, 5.4, 5.5, -49, -90, 4) {
		x[i] += v
	}
	got := Examine(x)
	if len(got.Sound) != 2 || !near(got.Sound[0][0], 1) || !near(got.Sound[0][1], 1.8) || !near(got.Sound[1][0], 4) || !near(got.Sound[1][1], 4.3) {
		t.Errorf("sound at %v", got.Sound)
	}
}

// TestCutAndRoom: the sound has digital silence around it and its own samples within; the room has none of it.
func TestCutAndRoom(t *testing.T) {
	x := recording(5, 2, 3, -20, -50, 1)
	got := Examine(x)
	y := got.Cut(x)
	s := got.Sound[0]
	if want := s.len() + 2*silence; len(y) != want {
		t.Fatalf("%d samples, want %d", len(y), want)
	}
	for i, v := range y {
		from := i - silence
		switch {
		case from < 0 || from >= s.len():
			if v != 0 {
				t.Fatalf("sample %d before or behind the sound is %g", from, v)
			}
		case from >= fade && from < s.len()-fade && v != x[s[0]+from]:
			t.Fatalf("sample %d of the sound is %g, was %g", from, v, x[s[0]+from])
		}
	}
	room := got.Room(x)
	sum := 0.0
	for _, v := range room {
		sum += float64(v) * float64(v)
	}
	if level := 10 * math.Log10(sum/float64(len(room))); len(room) < 3*Rate || math.Abs(level+50) > 1 {
		t.Errorf("a room of %d samples at %.1f dBFS", len(room), level)
	}
}

// TestAlike: the same noise in all recordings is found out; another level or colour is another room.
func TestAlike(t *testing.T) {
	floor := func(noiseDB float64, seed uint64) Spectrum {
		return Examine(recording(5, 2, 3, -10, noiseDB, seed)).Floor
	}
	same := []Spectrum{floor(-50, 1), floor(-50, 2), floor(-51, 3)}
	if !Alike(same) {
		t.Errorf("one room is taken for several: %v", same)
	}
	if Alike(append(same, floor(-40, 4))) || Alike(same[:1]) || Alike([]Spectrum{same[0], nil}) {
		t.Error("different levels, or one room alone, are taken for the same in all")
	}
}

// TestNoise: noise made after a room is as loud as that, in every third of an octave within 3 dB.
func TestNoise(t *testing.T) {
	room := Examine(recording(6, 2, 3, -10, -50, 1)).Floor
	made := spectrumOf(room.Noise(6*Rate, 5, rand.New(rand.NewPCG(1, 2))))
	for i, v := range made {
		if math.Abs(v-room[i]-5) > 3 {
			t.Errorf("%.0f Hz: %.1f dB, want %.1f", centre(i), v, room[i]+5)
		}
	}
}

// FuzzExamine: whatever is recorded, sound and quiet lie in it, in order, and nothing panics.
func FuzzExamine(f *testing.F) {
	f.Add(uint64(1), 2.0, 0.5, 0.6, -20.0, -50.0)
	f.Add(uint64(2), 0.001, 0.0, 0.1, 0.0, -200.0)
	f.Fuzz(func(t *testing.T, seed uint64, seconds, from, to, tone, noise float64) {
		if !(seconds >= 0 && seconds < 5) || !(tone < 20) || !(noise < 20) {
			return
		}
		x := recording(seconds, from, to, tone, noise, seed)
		got := Examine(x)
		at := 0
		for _, s := range got.Sound {
			if s[0] < at || s[1] < s[0] || s[1] > len(x) {
				t.Fatalf("sound %v in %d samples", got.Sound, len(x))
			}
			at = s[1]
		}
		at = 0
		for _, s := range got.Quiet {
			if s[0] < at || s[1] < s[0] || s[1] > len(x) {
				t.Fatalf("quiet %v in %d samples", got.Quiet, len(x))
			}
			at = s[1]
		}
		got.Cut(x)
		got.Room(x)
	})
}

// TestRoomsAlone: noise of a room, whatever its colour, is no sound in it.
func TestRoomsAlone(t *testing.T) {
	for i, tilt := range []float64{0, -1, -2, 1} { // dB a third of an octave
		room := make(Spectrum, thirds)
		for k := range room {
			room[k] = -60 + tilt*float64(k-12)
		}
		for seed := range uint64(3) {
			if got := Examine(room.Noise(4*Rate, 0, rand.New(rand.NewPCG(seed, uint64(i))))); got.Stands {
				t.Errorf("%g dB a third, seed %d: %.1f dB stand out", tilt, seed, got.Contrast)
			}
		}
	}
}
