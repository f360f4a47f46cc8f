package pipeline

import (
	"context"
	"testing"

	"earshot/daemon/capture"
	"earshot/infer"
	"earshot/infer/smooth"
)

// TestHalfway: between two windows one more is computed where the one before was near a watched label, on both sides of a gap, and the
// regular ones are those that there would be without.
func TestHalfway(t *testing.T) {
	c := testConfig()
	c.Smooth.Labels, c.Smooth.Rules = []string{"rain", "dog"}, []smooth.Rule{{}, {On: 0.5, Off: 0.4}}
	source := func(ctx context.Context, sink capture.Sink) error {
		feed(ctx, sink, 30*44100)
		sink.Skip(777)
		feed(ctx, sink, 30*44100)
		return nil
	}
	score := func(at int64) float32 {
		if s := at / 44100; s >= 10 && s < 15 || s >= 40 && s < 45 {
			return infer.NearScore
		}
		return 0
	}
	_, without, _ := drive(t, c, source, score)
	c.Halfway = true
	_, with, p := drive(t, c, source, score)
	regular := map[int64]bool{}
	for _, w := range without.windows {
		regular[w[0]] = true
	}
	half, before := 0, int64(0)
	for _, w := range with.windows {
		if regular[w[0]] {
			before = w[0]
			delete(regular, before)
			continue
		}
		if half++; w[0]-before != 32*512 || score(before) == 0 {
			t.Errorf("a window at %d behind one at %d of score %g", w[0], before, score(before))
		}
	}
	if len(regular) > 0 || half < 12 || half > 15 { // 5 s of a window every 0.743 s, twice
		t.Errorf("%d regular windows are missing, %d halfway", len(regular), half)
	}
	if st := p.Stats(); st.Submitted != int64(len(without.windows)) || st.Answered != st.Submitted || st.Halfway != int64(half) {
		t.Errorf("%+v; want %d windows and %d halfway", st, len(without.windows), half)
	}
}
