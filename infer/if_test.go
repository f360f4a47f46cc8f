package infer

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestWindowsThatHangOnScores: a window with an If is computed where it holds for the scores of the window before, else skipped, in order
// with the others; without such scores it is skipped.
func TestWindowsThatHangOnScores(t *testing.T) {
	fail := false
	b := NewBatcher(NewBatch(4, 2, 3), func(batch *Batch, n int) error {
		if fail {
			fail = false
			return ErrDropped
		}
		for i := range n {
			copy(batch.Scores[i*2:], []float32{batch.X[i*WindowLen] / 16, 0})
		}
		return nil
	})
	var got []float32 // the score, 0 of what was skipped, −1 of what failed
	f := b.Feed(8, func(r Result) {
		switch {
		case r.Skipped && r.Scores == nil && r.Err == nil:
			got = append(got, 0)
		case errors.Is(r.Err, ErrDropped):
			got = append(got, -1)
		default:
			got = append(got, 16*r.Scores[0])
		}
	})
	made := 0
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	submit := func(regular ...bool) {
		for _, always := range regular {
			s := Stamp{If: func(before []float32) bool { return before[0] >= 1.5/16 }}
			if always {
				s.If = nil
			}
			if err := f.SubmitWait(ctx, s, countingWindow{&made}); err != nil {
				t.Error(err)
			}
		}
		if err := f.Flush(ctx); err != nil {
			t.Error(err)
		}
	}
	submit(false, true, false, true, false, true, true, false)
	fail = true
	submit(true)
	submit(false, true)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if want := []float32{0, 1, 0, 2, 3, 4, 5, 6, -1, 0, 8}; !slices.Equal(got, want) || made != 8 {
		t.Errorf("%v of %d windows made, want %v of 8", got, made, want)
	}
	if s := f.Stats(); s.Submitted != 11 || s.Scored != 7 || s.Failed != 1 || s.Skipped != 3 || b.Stats().Windows != 8 {
		t.Errorf("%+v, %+v", s, b.Stats())
	}
}

// TestIfGivesWay: where windows wait, one with an If does not come among them.
func TestIfGivesWay(t *testing.T) {
	b := NewBatcher(NewBatch(4, 2, 3), func(*Batch, int) error { return nil })
	f := b.Feed(4, func(Result) {})
	made := 0
	for _, s := range []Stamp{{}, {If: func([]float32) bool { return true }}, {If: func([]float32) bool { return true }}, {}} {
		f.Submit(s, countingWindow{&made})
	}
	if s := f.Stats(); s.Submitted != 4 || s.Skipped != 1 || s.Queued != 3 || s.Dropped != 0 {
		t.Errorf("%+v, want one skipped and three that wait", s)
	}
}
