package batches

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train/features"
	"earshot/train/recipe"
)

// Windows that the network is wrong about are drawn as often as the recipe says, near where they were; when they are few, less often.
func TestHardNegativesAreDrawn(t *testing.T) {
	r := recipe.Default()
	r.Mine = 0.5
	d := tones.Data(2, 2, 1)
	d.Quiet = []*features.Clip{tones.Silent(4290), tones.Silent(400)}
	d.Background, d.Labels = 2, append(d.Labels, "background")
	s := New(r, tones.Front(), 1, d)
	asked, fresh := s.Round(0)
	if len(asked) != fresh {
		t.Fatalf("%d asked, %d of them fresh, before anything is hard", len(asked), fresh)
	}
	for i, p := range s.Places(asked) {
		if p.Clip != s.background[asked[i].Clip] || p.Start < 0 || p.Start+128 > p.Clip.Frames {
			t.Fatalf("window at %d of %d frames", p.Start, p.Clip.Frames)
		}
	}
	for _, hard := range []int{32, 512} {
		for i := range asked {
			if asked[i].Wrong = 0.01; i < hard {
				asked[i].Wrong = 0.9
			}
		}
		s.Keep(asked)
		if len(s.Hard()) != hard {
			t.Fatalf("%d hard, want %d", len(s.Hard()), hard)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		const draws = 20000
		drawn := 0
		for range draws {
			c, start := s.negative(rng)
			if start < 0 {
				continue
			}
			drawn++
			if !nearOne(s, c, start) {
				t.Fatalf("frame %d is near no hard window", start)
			}
		}
		want := r.Mine * min(1, float64(hard)/fullHard)
		if got := float64(drawn) / draws; math.Abs(got-want) > 0.015 {
			t.Errorf("%d hard: %.3f of the draws are hard, want %.3f", hard, got, want)
		}
	}
	if again, fresh := s.Round(8); len(again) != fresh+512 || again[0] == asked[0] {
		t.Errorf("the next round asks about %d, %d of them fresh", len(again), fresh)
	}
	for i := range asked {
		asked[i].Wrong = 0.5
	}
	if s.Keep(asked); len(s.Hard()) != mostHard {
		t.Errorf("%d are kept", len(s.Hard()))
	}
	for _, bad := range []Negative{{Clip: -1}, {Clip: 11}, {Start: -1}, {Start: 4291}} {
		if err := s.SetHard([]Negative{bad}); !errors.Is(err, errNotTheBackground) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func nearOne(s *Sampler, c *features.Clip, start int) bool {
	for _, h := range s.Hard() {
		if s.background[h.Clip] == c && max(h.Start-start, start-h.Start) <= jitter {
			return true
		}
	}
	return false
}
