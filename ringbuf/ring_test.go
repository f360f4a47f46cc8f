package ringbuf

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// ramp returns samples whose value tells their absolute index (exact below 2^24).
func ramp(at int64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = value(at + int64(i))
	}
	return x
}

func value(at int64) float32 { return float32(at % (1 << 24)) }

// readBlock copies the oldest block to b and says whether there was one.
func readBlock(r *Ring, b *Block) bool {
	oldest := r.Peek()
	if oldest == nil {
		return false
	}
	*b = *oldest
	r.Release()
	return true
}

// check fails unless every sample of b stands where its value says.
func check(t testing.TB, b *Block) {
	t.Helper()
	for i, v := range b.X[:b.N] {
		if v != value(b.At+int64(i)) {
			t.Fatalf("block at %d: sample %d is %v, want %v", b.At, i, v, value(b.At+int64(i)))
		}
	}
}

func TestWriteReadAnyChunking(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := New(16)
	var at, read int64
	var b Block
	for range 5000 {
		n := rng.IntN(3 * BlockSamples)
		if r.Free() >= n {
			r.Write(ramp(at, n))
			at += int64(n)
		}
		for range rng.IntN(5) {
			if !readBlock(r, &b) {
				break
			}
			if b.At != read || b.Gap || b.N != BlockSamples {
				t.Fatalf("block at %d, gap %v, %d samples; want at %d, no gap, %d", b.At, b.Gap, b.N, read, BlockSamples)
			}
			check(t, &b)
			read += int64(b.N)
		}
	}
	r.Flush()
	for readBlock(r, &b) {
		check(t, &b)
		read += int64(b.N)
	}
	if s := r.Stats(); read != at || s.Dropped != 0 || s.Gaps != 0 || s.Produced != at || s.Consumed != at || s.Queued != 0 {
		t.Fatalf("wrote %d, read %d, %+v", at, read, s)
	}
}

func TestFullDropsNewestAndMarksGap(t *testing.T) {
	r := New(2)
	r.Write(ramp(0, 5*BlockSamples)) // blocks 0 and 1 fit, 2, 3, 4 are dropped
	var b Block
	for want := range int64(2) {
		if !readBlock(r, &b) || b.At != want*BlockSamples || b.Gap {
			t.Fatalf("block %d: at %d, gap %v", want, b.At, b.Gap)
		}
	}
	if readBlock(r, &b) {
		t.Fatal("a third block came out of a ring of two")
	}
	r.Write(ramp(5*BlockSamples, 2*BlockSamples))
	if !readBlock(r, &b) || b.At != 5*BlockSamples || !b.Gap {
		t.Fatalf("after the drop: at %d, gap %v; want %d, true", b.At, b.Gap, 5*BlockSamples)
	}
	check(t, &b)
	if !readBlock(r, &b) || b.Gap {
		t.Fatal("the second block after the drop must carry no gap")
	}
	want := Stats{Produced: 7 * BlockSamples, Consumed: 4 * BlockSamples, Dropped: 3 * BlockSamples, Gaps: 1}
	if s := r.Stats(); s != want {
		t.Fatalf("%+v, want %+v", s, want)
	}
}

func TestSkip(t *testing.T) {
	r := New(8)
	r.Write(ramp(0, 100))
	r.Skip(0)
	r.Skip(-5)
	r.Skip(1000)
	r.Skip(11)
	r.Write(ramp(1111, BlockSamples+7))
	r.Flush()
	r.Flush()
	var b Block
	for _, want := range []Block{{At: 0, N: 100}, {At: 1111, N: BlockSamples, Gap: true}, {At: 1111 + BlockSamples, N: 7}} {
		if !readBlock(r, &b) || b.At != want.At || b.N != want.N || b.Gap != want.Gap {
			t.Fatalf("got at %d, n %d, gap %v; want at %d, n %d, gap %v", b.At, b.N, b.Gap, want.At, want.N, want.Gap)
		}
		check(t, &b)
	}
	if readBlock(r, &b) {
		t.Fatal("an empty block came out")
	}
	if s := r.Stats(); s.Skipped != 1011 || s.Gaps != 1 || s.Produced != s.Consumed {
		t.Fatalf("%+v", s)
	}
}

// TestSkipWhileFull: a gap survives a drop of the block that would have carried it.
func TestSkipWhileFull(t *testing.T) {
	r := New(1)
	r.Write(ramp(0, BlockSamples))
	r.Skip(10)
	r.Write(ramp(BlockSamples+10, BlockSamples)) // dropped
	var b Block
	readBlock(r, &b)
	r.Write(ramp(2*BlockSamples+10, BlockSamples))
	if !readBlock(r, &b) || !b.Gap || b.At != 2*BlockSamples+10 {
		t.Fatalf("at %d, gap %v", b.At, b.Gap)
	}
	check(t, &b)
	if s := r.Stats(); s.Gaps != 1 || s.Dropped != BlockSamples {
		t.Fatalf("%+v", s)
	}
}

func TestFree(t *testing.T) {
	r := New(4)
	for _, step := range []struct{ write, free int }{
		{0, 4 * BlockSamples},
		{1, 4*BlockSamples - 1},
		{BlockSamples - 1, 3 * BlockSamples},
		{3 * BlockSamples, 0},
		{BlockSamples / 2, 0},
	} {
		r.Write(make([]float32, step.write))
		if got := r.Free(); got != step.free {
			t.Fatalf("after writing %d more: Free is %d, want %d", step.write, got, step.free)
		}
	}
}

// TestPeekKeeps: a block that is looked at stays as it is, however much is written meanwhile.
func TestPeekKeeps(t *testing.T) {
	r := New(2)
	r.Write(ramp(0, 100*BlockSamples))
	for want := range int64(2) {
		b := r.Peek()
		r.Write(ramp(0, 100*BlockSamples))
		if b != r.Peek() || b.At != want*BlockSamples || b.N != BlockSamples {
			t.Fatalf("got the block at %d, want the one at %d, twice", b.At, want*BlockSamples)
		}
		check(t, b)
		r.Release()
	}
	for _, empty := range []*Ring{New(1), New(3)} {
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.HasPrefix(s, "ringbuf: Release") {
					t.Errorf("Release of no block panicked with %q", s)
				}
			}()
			empty.Release()
		}()
	}
}

func TestNewPanics(t *testing.T) {
	for _, n := range []int{-4, 0} {
		func() {
			defer func() {
				if s, _ := recover().(string); !strings.HasPrefix(s, "ringbuf: New with") {
					t.Errorf("New(%d) panicked with %q, want ringbuf: New with …", n, s)
				}
			}()
			New(n)
		}()
	}
}

func TestNoAllocation(t *testing.T) {
	r := New(4)
	x := make([]float32, 3*BlockSamples+5)
	var b Block
	if n := testing.AllocsPerRun(100, func() {
		r.Write(x) // overflows in time, so the dropping path is held too
		r.Skip(3)
		readBlock(r, &b)
		r.Stats()
	}); n != 0 {
		t.Errorf("%v allocations a round, want 0", n)
	}
}
