package ringbuf

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestFullSpeed lets producer and consumer run as fast as they can, the consumer now and
// then too slow, and accounts for every sample. Run it under -race.
func TestFullSpeed(t *testing.T) {
	const total = 40_000 * BlockSamples
	r := New(32)
	var done atomic.Bool
	var skipped int64
	var wg sync.WaitGroup
	wg.Go(func() { // the producer
		defer done.Store(true)
		rng := rand.New(rand.NewPCG(3, 4))
		buf := make([]float32, 4*BlockSamples)
		at := int64(0)
		for at < total {
			n := rng.IntN(len(buf))
			for i := range n {
				buf[i] = value(at + int64(i))
			}
			r.Write(buf[:n])
			at += int64(n)
			if rng.IntN(500) == 0 {
				n := 1 + rng.Int64N(1000)
				r.Skip(n)
				at += n
				skipped += n
			}
			if rng.IntN(50) == 0 {
				runtime.Gosched()
			}
		}
		r.Flush()
	})

	var samples, gaps, lost, next int64
	// The block stays the consumer's while it is looked at: -race sees a producer that touches it.
	look := func() bool {
		b := r.Peek()
		if b == nil {
			return false
		}
		check(t, b)
		switch {
		case b.At < next:
			t.Fatalf("block at %d comes after sample %d", b.At, next)
		case b.Gap != (b.At != next):
			t.Fatalf("block at %d, gap %v, after sample %d", b.At, b.Gap, next)
		}
		if b.Gap {
			gaps++
			lost += b.At - next
		}
		samples += int64(b.N)
		next = b.At + int64(b.N)
		r.Release()
		return true
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for !done.Load() {
		if !look() || rng.IntN(200) == 0 {
			runtime.Gosched()
		}
	}
	wg.Wait()
	for look() {
	}
	s := r.Stats()
	t.Logf("%+v", s)
	if s.Produced != s.Consumed+s.Dropped {
		t.Errorf("produced %d ≠ consumed %d + dropped %d", s.Produced, s.Consumed, s.Dropped)
	}
	if s.Consumed != samples || s.Gaps != gaps || s.Skipped != skipped {
		t.Errorf("%+v; the consumer saw %d samples and %d gaps, %d were skipped", s, samples, gaps, skipped)
	}
	if tail := s.Produced + s.Skipped - next; lost+tail != s.Dropped+s.Skipped || tail < 0 {
		t.Errorf("%d samples missing between blocks, %d after the last, but %d dropped and %d skipped", lost, tail, s.Dropped, s.Skipped)
	}
}

// TestLockFree reads the source: no lock, no channel, no goroutine, no system call can be
// in a package that imports sync/atomic alone and uses none of these words.
func TestLockFree(t *testing.T) {
	allowed := map[string]bool{"fmt": true, "sync/atomic": true}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		read++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range f.Imports {
			if path := strings.Trim(im.Path.Value, `"`); !allowed[path] {
				t.Errorf("%s imports %s", name, path)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt, *ast.GoStmt:
				t.Errorf("%s: %T", set.Position(n.Pos()), n)
			}
			return true
		})
	}
	if read == 0 {
		t.Fatal("no source file found")
	}
}

func BenchmarkWriteRead(b *testing.B) {
	r := New(64)
	x := make([]float32, BlockSamples)
	b.SetBytes(4 * BlockSamples)
	b.ReportAllocs()
	for b.Loop() {
		r.Write(x)
		r.Peek()
		r.Release()
	}
}
