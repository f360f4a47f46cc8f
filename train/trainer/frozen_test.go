package trainer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
)

// A training that goes on with its first layers frozen gives them back with their bits and
// their statistics, learns the rest, and resumes to the same bits.
func TestFrozenLayersStay(t *testing.T) {
	n := learnedTones(t)
	r := tones.Recipe(2, 8)
	r.Frozen = 2
	cfg := Config{Arch: n.arch, Recipe: r, Seed: 3, Floor: train.DefaultFloor, Init: &n.result.Weights, Graph: oneThread}
	whole, err := Run(context.Background(), n.data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	before, after := n.arch.Named(n.result.Weights.Flat), n.arch.Named(whole.Weights.Flat)
	for _, p := range n.arch.Params() {
		frozen := strings.HasPrefix(p.Name, "l1.") || strings.HasPrefix(p.Name, "l2.")
		if same := slices.Equal(before[p.Name], after[p.Name]); same != frozen {
			t.Errorf("%s: unchanged %v, frozen %v", p.Name, same, frozen)
		}
	}
	channels := n.arch.Convs[0].Out + n.arch.Convs[1].Out
	if !slices.Equal(whole.Weights.Means[:channels], n.result.Weights.Means[:channels]) || !slices.Equal(whole.Weights.Vars[:channels], n.result.Weights.Vars[:channels]) {
		t.Error("the frozen layers' statistics changed")
	}
	if slices.Equal(whole.Weights.Means[channels:], n.result.Weights.Means[channels:]) {
		t.Error("the statistics of the layers that learned did not change")
	}

	cfg.Checkpoint, cfg.Resume = t.TempDir()+"/c", true
	ctx, stop := context.WithCancel(context.Background())
	cfg.OnStep = func(p train.Progress) {
		if p.Step == 3 {
			stop()
		}
	}
	if part, err := Run(ctx, n.data, cfg); err != nil || part.Done {
		t.Fatalf("done %v, %v", part.Done, err)
	}
	cfg.OnStep = nil
	resumed, err := Run(context.Background(), n.data, cfg)
	if err != nil {
		t.Fatal(err)
	}
	sameTraining(t, resumed, whole)
}

// Frozen layers are those of a trained network, and one that has them.
func TestFrozenLayersNeedANetwork(t *testing.T) {
	n := learnedTones(t)
	r := tones.Recipe(1, 8)
	r.Frozen = 2
	if _, err := Run(context.Background(), n.data, Config{Arch: n.arch, Recipe: r, Floor: train.DefaultFloor, Graph: oneThread}); !errors.Is(err, ErrNothingToFreeze) {
		t.Errorf("no network to go on from: %v", err)
	}
	r.Frozen = 9
	if _, err := Run(context.Background(), n.data, Config{Arch: n.arch, Recipe: r, Floor: train.DefaultFloor, Init: &n.result.Weights, Graph: oneThread}); err == nil || !strings.Contains(err.Error(), "8 convolution layers") {
		t.Errorf("more layers than there are: %v", err)
	}
	r.Frozen = -1
	if err := r.Validate(); err == nil {
		t.Error("fewer than no layers passed")
	}
}
