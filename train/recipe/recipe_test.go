package recipe

import (
	"math"
	"strings"
	"testing"

	"earshot/train/acrnn"
)

func TestSchedules(t *testing.T) {
	cycle := Recipe{Rate: 2, Schedule: "one-cycle", WarmUp: 0.1, Decay: 0.3, Average: 0.999}
	steps := Recipe{Rate: 2, Schedule: "step"}
	for _, c := range []struct {
		r    Recipe
		step int
		want float64
	}{
		{cycle, 0, 2 * 0.04}, {cycle, 50, 2 * 0.52}, {cycle, 100, 2}, {cycle, 550, 2 * (0.001 + 0.999*0.5)}, {cycle, 1000, 2 * 0.001},
		{steps, 0, 2}, {steps, 333, 2}, {steps, 334, 0.2}, {steps, 666, 0.2}, {steps, 667, 0.02}, {steps, 999, 0.02},
		{Recipe{Rate: 1, Schedule: "one-cycle"}, 0, 1}, // no warm-up
	} {
		if got := c.r.At(c.step, 1000).Learning; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s, step %d: rate %g, want %g", c.r.Schedule, c.step, got, c.want)
		}
	}
	for step := range 1000 {
		r := cycle.At(step, 1000)
		if !(r.Learning > 0 && r.Learning <= cycle.Rate) || r.Step != step+1 || r.Decay != 0.3 || r.Trunk != 1 {
			t.Fatalf("step %d: %+v", step, r)
		}
		if next := cycle.At(step+1, 1000); step >= 100 && next.Learning >= r.Learning || step < 99 && next.Learning <= r.Learning {
			t.Fatalf("the rate goes %g, %g after step %d", r.Learning, next.Learning, step)
		}
	}
	// The average forgets the start, and gets as long as asked.
	if a := cycle.At(0, 1000).Average; a > 0.1 {
		t.Errorf("average %g at the first step", a)
	}
	if a := cycle.At(20000, 30000).Average; a != 0.999 {
		t.Errorf("average %g late, want 0.999", a)
	}
	if a := (Recipe{Rate: 1}).At(5, 10).Average; a != 0 {
		t.Errorf("average %g where it is off", a)
	}
}

func TestFineTuningFreezesThenSlowsTheTrunk(t *testing.T) {
	r := FineTune()
	if r.At(0, 100).Trunk != 0 || r.At(24, 100).Trunk != 0 || r.At(25, 100).Trunk != r.TrunkRate || r.At(99, 100).Trunk != r.TrunkRate {
		t.Errorf("trunk factors %g, %g, %g; want 0 for the first %g, then %g", r.At(0, 100).Trunk, r.At(24, 100).Trunk, r.At(25, 100).Trunk, r.FreezeTrunk, r.TrunkRate)
	}
}

// Section 4.1 of the paper, number by number.
func TestPaperRecipe(t *testing.T) {
	r := Paper()
	if r.Optimiser != acrnn.SGD || r.Init != acrnn.PaperInit || r.Epochs != 300 || r.Batch != 64 || r.Rate != 0.01 || r.Decay != 1e-4 || r.Schedule != "step" ||
		!r.AllWindows || !r.Augment.Waveform || r.Augment.MixupAlpha == 0 || r.Average != 0 || r.ClipNorm != 0 || r.Smoothing != 0 {
		t.Errorf("%+v", r)
	}
	if a := r.Augment; a.Mix != 0 || a.GainDB != 0 || a.Stretch != 0 || a.ShiftBands != 0 || a.Noise != 0 || a.TimeMask != 0 || a.BandMask != 0 || a.EqualiserDB != 0 || a.RandomWindow {
		t.Errorf("the paper has none of %+v", a)
	}
	for epoch, want := range map[int]float64{0: 0.01, 99: 0.01, 100: 0.001, 199: 0.001, 200: 0.0001, 299: 0.0001} {
		if got := r.At(epoch*125+3, 300*125).Learning; math.Abs(got-want) > 1e-12 {
			t.Errorf("epoch %d: rate %g, want %g", epoch, got, want)
		}
	}
}

func TestRecipeNamesAndLimits(t *testing.T) {
	for _, name := range []string{"", "default", "paper", "finetune"} {
		r, err := ByName(name)
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			t.Errorf("recipe %q: %v", name, err)
		}
	}
	if _, err := ByName("Default"); err == nil || !strings.Contains(err.Error(), "want default, paper or finetune") {
		t.Errorf("unknown recipe: %v", err)
	}
	for says, change := range map[string]func(*Recipe){
		"epochs 0":                func(r *Recipe) { r.Epochs = 0 },
		"batch 1:":                func(r *Recipe) { r.Batch = 1 },
		"batch 5000":              func(r *Recipe) { r.Batch = 5000 },
		"learning rate 0":         func(r *Recipe) { r.Rate = 0 },
		"learning rate NaN":       func(r *Recipe) { r.Rate = math.NaN() },
		"learning rate 10":        func(r *Recipe) { r.Rate = 10 },
		`schedule "cosine"`:       func(r *Recipe) { r.Schedule = "cosine" },
		"average 1":               func(r *Recipe) { r.Average = 1 },
		"label smoothing 1":       func(r *Recipe) { r.Smoothing = 1 },
		"weight decay NaN":        func(r *Recipe) { r.Decay = math.NaN() },
		"weight decay -1":         func(r *Recipe) { r.Decay = -1 },
		"gradient clipping -1":    func(r *Recipe) { r.ClipNorm = -1 },
		"warm-up 2":               func(r *Recipe) { r.WarmUp = 2 },
		"share of background 1.5": func(r *Recipe) { r.Background = 1.5 },
	} {
		r := Default()
		change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "want") {
			t.Errorf("want an error with %q and what would be right, got %v", says, err)
		}
	}
}
