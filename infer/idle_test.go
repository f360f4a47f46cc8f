package infer

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// countingWindow tells how often it was made.
type countingWindow struct{ made *int }

func (w countingWindow) Fill(dst []float32) { *w.made++; dst[0] = float32(*w.made) }

// TestIdleWindows: what is idle is not computed and has the scores of the window before it, in order; the first window and
// the one after a failure are computed whatever their stamp says.
func TestIdleWindows(t *testing.T) {
	runs, fail := 0, false
	b := NewBatcher(NewBatch(4, 2, 3), func(batch *Batch, n int) error {
		runs++
		if fail {
			fail = false
			return ErrDropped
		}
		for i := range n {
			v := batch.X[i*WindowLen] / 16
			copy(batch.Scores[i*2:], []float32{v, 1 - v})
			copy(batch.Attention[i*3:], []float32{v, v, v})
		}
		return nil
	})
	var got []Result
	f := b.Feed(8, func(r Result) {
		r.Scores, r.Attention = slices.Clone(r.Scores), slices.Clone(r.Attention)
		got = append(got, r)
	})
	made := 0
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	submit := func(idle ...bool) {
		for _, i := range idle {
			if err := f.SubmitWait(ctx, Stamp{Idle: i}, countingWindow{&made}); err != nil {
				t.Error(err)
			}
		}
		if err := f.Flush(ctx); err != nil {
			t.Error(err)
		}
	}
	submit(true, true, false, true, true)
	fail = true
	submit(false)
	submit(true)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if made != 4 || len(got) != 7 {
		t.Fatalf("%d windows made, %d results; want 4 and 7", made, len(got))
	}
	for i, want := range []float32{1, 1, 2, 2, 2, 0, 4} {
		r := got[i]
		if want == 0 {
			if !errors.Is(r.Err, ErrDropped) {
				t.Errorf("result %d: %v, want the failure", i, r.Err)
			}
			continue
		}
		if r.Err != nil || r.Scores[0] != want/16 || r.Attention[2] != want/16 {
			t.Errorf("result %d: %v, scores %v; want those of window %g", i, r.Err, r.Scores, want)
		}
	}
	if s := f.Stats(); s.Submitted != 7 || s.Scored != 6 || s.Failed != 1 || s.Idle != 3 || b.Stats().Windows != 4 {
		t.Errorf("%+v, %+v", s, b.Stats())
	}
}
