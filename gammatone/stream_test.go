package gammatone

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// small is a front end of odd proportions that is quick to compute.
func small() Config {
	return Config{SampleRate: 8000, FrameSamples: 64, HopSamples: 24, Bands: 5, WindowFrames: 11,
		DeltaWidth: 5, FMinHz: 60, FMaxHz: 3500, Width: 1.3, Floor: 1e-9}
}

type taken struct {
	at, end int64
	x       []float32
}

// oracle gives the windows of one run of samples from the batch side.
func oracle(c Config, at int64, x []float32, hop int) []taken {
	var out []taken
	logs := NewFrontEnd(c).BatchLog(x)
	for t := 0; t+c.WindowFrames <= len(logs)/c.Bands; t += hop {
		w := taken{at: at + int64(t*c.HopSamples), x: make([]float32, c.WindowLen())}
		w.end = w.at + int64(c.WindowSamples())
		c.FillWindow(w.x, logs[t*c.Bands:])
		out = append(out, w)
	}
	return out
}

// compare streams x in chunks, with holes where the holes say, and demands what the batch
// side gives for each run between holes, to the bit. Chunk sizes and holes come from bytes:
// an odd byte is followed by a hole (of zero samples, too: a gap that the flag alone tells).
// Windows are made as late as they may be, keep windows later.
func compare(t *testing.T, c Config, hop, keep int, x []float32, plan []byte) {
	t.Helper()
	s := NewStream(c, hop, keep)
	var got, want []taken
	var kept []*Window
	fill := func() {
		w := kept[0]
		kept = kept[1:]
		got = append(got, taken{w.At, w.End, make([]float32, c.WindowLen())})
		w.Fill(got[len(got)-1].x)
	}
	collect := func(w *Window) {
		if kept = append(kept, w); len(kept) > keep {
			fill()
		}
	}
	at, runAt, run := int64(1000), int64(1000), []float32(nil)
	gap := false
	for i := 0; len(x) > 0; i++ {
		n := len(x)
		hole := false
		if i < len(plan) {
			n = min(n, int(plan[i]>>1)*int(plan[i]>>1)/3)
			hole = plan[i]&1 == 1
		}
		s.Push(at, x[:n], gap, collect)
		run, x, at, gap = append(run, x[:n]...), x[n:], at+int64(n), false
		if hole {
			want = append(want, oracle(c, runAt, run, hop)...)
			at += int64(plan[i] >> 4)
			gap = plan[i]>>4 == 0 || plan[i]&2 == 2
			runAt, run = at, nil
		}
	}
	want = append(want, oracle(c, runAt, run, hop)...)
	for len(kept) > 0 {
		fill()
	}
	if len(got) != len(want) {
		t.Fatalf("%d windows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].at != want[i].at || got[i].end != want[i].end {
			t.Fatalf("window %d covers %d–%d, want %d–%d", i, got[i].at, got[i].end, want[i].at, want[i].end)
		}
		if !slices.Equal(got[i].x, want[i].x) {
			t.Fatalf("window %d at %d differs from the batch's", i, got[i].at)
		}
	}
	if st := s.Stats(); st.Windows != int64(len(want)) {
		t.Fatalf("%+v, want %d windows", st, len(want))
	}
}

func FuzzStreamEqualsBatch(f *testing.F) {
	f.Add(uint64(1), uint16(3000), uint8(4), []byte{})
	f.Add(uint64(2), uint16(3000), uint8(1), []byte{2, 2, 2, 80, 81, 200, 3, 90, 255, 255, 40, 41})
	f.Add(uint64(3), uint16(6000), uint8(11), []byte{120, 121, 122, 123, 124, 200, 254, 255, 17, 19, 1, 1})
	f.Add(uint64(4), uint16(20), uint8(2), []byte{0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, hop uint8, plan []byte) {
		c := small()
		compare(t, c, 1+int(hop)%c.WindowFrames, int(seed%5), noise(seed, int(n)), plan)
	})
}

// TestStreamEqualsBatchGolden is the same on real sound at full size.
func TestStreamEqualsBatchGolden(t *testing.T) {
	x := goldenClip(t)
	rng := rand.New(rand.NewPCG(7, 8))
	for _, hop := range []int{64, 8, 1, 128} {
		plan := make([]byte, 300)
		for i := range plan {
			plan[i] = byte(rng.IntN(256)) &^ 1
			if rng.IntN(60) == 0 {
				plan[i] |= 1
			}
		}
		compare(t, Default(), hop, hop%3, x[:120_000], plan)
	}
}

// noise is seeded noise with stretches of digital silence and of loudness.
func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 99))
	x := make([]float32, n)
	gain := float32(0.1)
	for i := range x {
		if rng.IntN(300) == 0 {
			gain = []float32{0, 1e-4, 0.1, 1}[rng.IntN(4)]
		}
		x[i] = gain * float32(rng.NormFloat64())
	}
	return x
}

func TestStreamWindowNeverSpansHole(t *testing.T) {
	c := Default()
	s := NewStream(c, 8, 0)
	x := make([]float32, 512)
	holeAt, at := int64(0), int64(0)
	rng := rand.New(rand.NewPCG(9, 10))
	windows := 0
	for range 3000 {
		gap := rng.IntN(300) == 0
		if gap {
			at += int64(rng.IntN(3))
			holeAt = at
		}
		s.Push(at, x, gap, func(w *Window) {
			windows++
			if w.At < holeAt || w.End-w.At != int64(c.WindowSamples()) {
				t.Fatalf("window %d–%d spans the hole at %d", w.At, w.End, holeAt)
			}
		})
		at += int64(len(x))
	}
	if windows == 0 {
		t.Fatal("no window came out")
	}
}

func TestStreamNoAllocation(t *testing.T) {
	s := NewStream(Default(), 8, 2)
	x := noise(1, 5000)
	at := int64(0)
	dst := make([]float32, Default().WindowLen())
	emit := func(w *Window) { w.Fill(dst) }
	if n := testing.AllocsPerRun(100, func() {
		s.Push(at, x, false, emit)
		at += int64(len(x))
	}); n != 0 {
		t.Errorf("%v allocations a push, want 0", n)
	}
	if st := s.Stats(); st.Windows == 0 || st.Resets != 0 {
		t.Errorf("%+v", st)
	}
}

// TestFramesEqualBatch: a run in pieces of any size gives the frames of the whole, each at its place.
func TestFramesEqualBatch(t *testing.T) {
	c, rng := small(), rand.New(rand.NewPCG(11, 12))
	x := noise(5, 40_000)
	s := NewFrames(c)
	for at := int64(0); at < 5; at++ { // a run at another place is another run
		var got []float32
		next := at * 7
		emit := func(at int64, energies []float32) {
			if at != next {
				t.Fatalf("frame at %d, want %d", at, next)
			}
			next += int64(c.HopSamples)
			got = append(got, energies...)
		}
		for done := 0; done < len(x); {
			n := min(rng.IntN(600), len(x)-done)
			s.Push(at*7+int64(done), x[done:done+n], false, emit)
			done += n
		}
		if !slices.Equal(got, NewFrontEnd(c).BatchEnergies(x)) {
			t.Fatal("frames differ from the batch's")
		}
	}
}
