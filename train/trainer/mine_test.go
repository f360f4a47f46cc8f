package trainer

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/acrnn"
)

// mining is shortTraining from given weights with hard negatives; what is wrong about a window follows from its place and the weights.
func mining(t testing.TB, asked *[]int) func(*Config) {
	w := tones.Weights(tones.Arch(t, 4), 1)
	return func(c *Config) {
		c.Init, c.Recipe.Mine, c.Recipe.Background = &w, 0.75, 0.5
		c.Wrong = func(w acrnn.Weights, at []train.Place) ([]float32, error) {
			if asked != nil {
				*asked = append(*asked, len(at))
			}
			sum := 0.0
			for _, v := range w.Flat {
				sum += float64(v)
			}
			out := make([]float32, len(at))
			for i, p := range at {
				_, f := math.Modf(math.Abs(sum) + float64(p.Start)/7)
				out[i] = float32(f * f)
			}
			return out, nil
		}
	}
}

// Every second epoch the network is asked about fresh windows and about those that it was wrong about; stopped before and behind such
// a round, a training goes on to the same bits.
func TestMining(t *testing.T) {
	var asked []int
	whole := runShort(t, context.Background(), "", mining(t, &asked))
	first, third := whole.History[0].Mined, whole.History[2].Mined
	if first == nil || third == nil || whole.History[1].Mined != nil {
		t.Fatalf("rounds before epochs 1 and 3 only, want; history %+v", whole.History)
	}
	if len(asked) != 2 || asked[0] != first.Asked || asked[1] != third.Asked+first.Hard || first.Hard == 0 || first.Wrong <= first.Hard || first.Wrong == first.Asked { // more are wrong than are kept
		t.Errorf("asked about %v windows; rounds %+v and %+v", asked, first, third)
	}
	checkpoint := filepath.Join(t.TempDir(), "a.ckpt")
	for _, until := range []int{8, 9} {
		ctx, cancel := context.WithCancel(context.Background())
		runShort(t, ctx, checkpoint, func(c *Config) {
			mining(t, nil)(c)
			c.OnStep = func(p train.Progress) {
				if p.Step == until {
					cancel()
				}
			}
		})
	}
	sameTraining(t, runShort(t, context.Background(), checkpoint, mining(t, nil)), whole)
}

func TestMiningErrors(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*train.Data, *Config)
		want   error
	}{
		"no background label": {func(d *train.Data, c *Config) { d.Background = -1 }, ErrNothingToMine},
		"nobody to ask":       {func(_ *train.Data, c *Config) { c.Wrong = nil }, ErrNothingToMine},
		"a share of 2":        {func(_ *train.Data, c *Config) { c.Recipe.Mine = 2 }, nil},
	} {
		d, cfg := shortTraining(t, "")
		mining(t, nil)(&cfg)
		c.change(d, &cfg)
		if _, err := Run(context.Background(), d, cfg); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
