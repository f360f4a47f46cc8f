package trainer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/infer"
	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/recipe"
	"earshot/train/scoring"
)

const childVariable = "EARSHOT_TEST_TRAINING"

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(trainInChild(name))
	}
	os.Exit(m.Run())
}

// oneThread is best for networks this small: a second thread would only wait.
var oneThread = infer.GraphOptions{Threads: 1}

const toneLabels, toneClips = 4, 8

// learner is a network that has learned from clips of tones.
type learner struct {
	arch   acrnn.Arch
	data   *train.Data
	result *Result
}

func learnTones(t testing.TB, d *train.Data, epochs int) *learner {
	t.Helper()
	a := tones.Arch(t, toneLabels)
	r, err := Run(context.Background(), d, Config{Arch: a, Recipe: tones.Recipe(epochs, 16), Seed: 2, Floor: train.DefaultFloor, Block: -1, Graph: oneThread, Measure: measure(a, d)})
	if err != nil {
		t.Fatal(err)
	}
	return &learner{a, d, r}
}

// measure scores the held-out clips of d.
func measure(a acrnn.Arch, d *train.Data) Measure {
	return func(w acrnn.Weights) (float64, float64, error) { return scoring.Accuracy(a, w, tones.Front(), 1, d) }
}

var learnedOnce *learner

// learnedTones is one such network for all tests that want one.
func learnedTones(t testing.TB) *learner {
	t.Helper()
	if learnedOnce == nil {
		learnedOnce = learnTones(t, tones.Data(toneLabels, toneClips, 4), 24)
	}
	return learnedOnce
}

// shortTraining is one that the tests stop, continue and compare: mixing, noise, masks and
// background, two evaluations, 3 epochs of 4 steps.
func shortTraining(t testing.TB, checkpoint string) (*train.Data, Config) {
	t.Helper()
	d := tones.Data(3, 4, 1)
	d.Quiet, d.Background, d.Labels = tones.Quiet(), 3, append(d.Labels, "background")
	d.Test = d.Test[:3]
	r := recipe.Default()
	r.Epochs, r.Batch = 3, 4
	return d, Config{Arch: tones.Arch(t, 4), Recipe: r, Seed: 5, Floor: train.DefaultFloor, Checkpoint: checkpoint, Resume: true, EvalEvery: 2, Graph: oneThread,
		Measure: measure(tones.Arch(t, 4), d)}
}

// trainInChild runs shortTraining, saving after every step, and tells on standard output.
func trainInChild(checkpoint string) int {
	d, cfg := shortTraining(&testing.B{}, checkpoint)
	cfg.SaveEvery = time.Nanosecond
	saved := 0
	cfg.OnStep = func(p train.Progress) { fmt.Println("step", p.Step, "after", saved, "saved"); saved++ }
	if _, err := Run(context.Background(), d, cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// sameTraining compares two results bit for bit, and their curves but for the clock.
func sameTraining(t *testing.T, got, want *Result) {
	t.Helper()
	if !slices.Equal(got.Weights.Flat, want.Weights.Flat) || !slices.Equal(got.Weights.Means, want.Weights.Means) || !slices.Equal(got.Weights.Vars, want.Weights.Vars) {
		t.Error("weights or statistics differ from the uninterrupted training's")
	}
	if !got.Done || got.Steps != want.Steps || len(got.History) != len(want.History) {
		t.Fatalf("done %v, %d steps, %d epochs; want %d, %d", got.Done, got.Steps, len(got.History), want.Steps, len(want.History))
	}
	for i := range want.History {
		a, b := got.History[i], want.History[i]
		a.Seconds, b.Seconds = 0, 0
		if !reflect.DeepEqual(a, b) {
			t.Errorf("epoch %d: %+v, uninterrupted it was %+v", i+1, a, b)
		}
	}
}

func runShort(t *testing.T, ctx context.Context, checkpoint string, change func(*Config)) *Result {
	t.Helper()
	d, cfg := shortTraining(t, checkpoint)
	if change != nil {
		change(&cfg)
	}
	r, err := Run(ctx, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A training that is interrupted, in the middle of an epoch and at its end, and killed, ends
// where one ends that was left alone.
func TestInterruptedTrainingContinuesTheSameCurve(t *testing.T) {
	whole := runShort(t, context.Background(), "", nil)
	if len(whole.History) != 3 || whole.Steps != 12 || !whole.History[1].Measured || whole.History[0].Measured {
		t.Fatalf("%d steps, history %+v", whole.Steps, whole.History)
	}
	t.Run("once more", func(t *testing.T) { sameTraining(t, runShort(t, context.Background(), "", nil), whole) })
	t.Run("cancelled", func(t *testing.T) {
		checkpoint := filepath.Join(t.TempDir(), "a.ckpt")
		for _, until := range []int{4, 6, 11} {
			ctx, cancel := context.WithCancel(context.Background())
			r := runShort(t, ctx, checkpoint, func(c *Config) {
				c.OnStep = func(p train.Progress) {
					if p.Step == until {
						cancel()
					}
				}
			})
			if r.Done || r.Steps != until {
				t.Fatalf("cancelled in step %d: %d steps, done %v", until, r.Steps, r.Done)
			}
		}
		sameTraining(t, runShort(t, context.Background(), checkpoint, nil), whole)
		// A finished training resumes to its end at once.
		sameTraining(t, runShort(t, context.Background(), checkpoint, func(c *Config) {
			c.OnStep = func(p train.Progress) { t.Errorf("step %d of a finished training", p.Step) }
		}), whole)
	})
	t.Run("killed", func(t *testing.T) {
		checkpoint := filepath.Join(t.TempDir(), "a.ckpt")
		for _, after := range []int{2, 3} { // steps that each child is let live for
			killChild(t, checkpoint, after)
		}
		c, err := loadHeader(checkpoint)
		if err != nil || c.Step < 3 || c.Step > 11 {
			t.Fatalf("the killed children left a checkpoint of step %+v, %v", c, err)
		}
		sameTraining(t, runShort(t, context.Background(), checkpoint, nil), whole)
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(checkpoint), "*"))
		if !slices.Equal(left, []string{checkpoint}) {
			t.Errorf("files beside the checkpoint: %v", left)
		}
	})
}

// killChild trains in a process of its own and kills it, as kill -9 does, some steps on.
func killChild(t *testing.T, checkpoint string, after int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+checkpoint)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; seen <= after; seen++ { // the line of step n comes when n−1 is saved
		if !lines.Scan() {
			t.Fatalf("the child ended by itself: %v\n%s", cmd.Wait(), complaint.String())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child was not killed")
	}
}

// Both label checks in small: true labels are learned, on clips seen and held out; shuffled
// ones teach nothing that holds elsewhere.
func TestLearnsLabelsAndOnlyTrueOnes(t *testing.T) {
	learned := learnedTones(t)
	s, err := scoring.New(learned.arch, learned.result.Weights, tones.Front(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seen, _, err := s.Accuracy(learned.data.Train, -1, 64)
	if err != nil {
		t.Fatal(err)
	}
	last := learned.result.History[len(learned.result.History)-1]
	t.Logf("true labels: %.0f %% of the clips seen, %.0f %% held out, loss %.3f", 100*seen, 100*last.Accuracy, last.Loss)
	if seen < 0.99 || last.Accuracy < 0.9 {
		t.Errorf("learned %.1f %% of %d clips, %.1f %% held out; want ≥ 99 and ≥ 90", 100*seen, len(learned.data.Train), 100*last.Accuracy)
	}
	d := tones.Data(toneLabels, toneClips, 4)
	corpus.ShuffleLabels(d.Train, 8)
	last = learnTones(t, d, 16).result.History[15]
	t.Logf("shuffled labels: %.0f %% held out, loss %.3f", 100*last.Accuracy, last.Loss)
	chance, n := 1.0/toneLabels, float64(toneLabels*toneClips)
	if limit := chance + 4*math.Sqrt(chance*(1-chance)/n); last.Accuracy > limit {
		t.Errorf("shuffled labels score %.1f %% on held-out clips, chance and four deviations is %.1f %%", 100*last.Accuracy, 100*limit)
	}
}

// The paper's recipe runs on the same road: SGD, its own start, all windows, mixup.
func TestPaperRecipeRuns(t *testing.T) {
	d := tones.Data(3, 3, 6)
	r := recipe.Paper()
	r.Epochs, r.Batch = 2, 6
	res, err := Run(context.Background(), d, Config{Arch: tones.Arch(t, 3), Recipe: r, Seed: 1, Floor: train.DefaultFloor, Measure: measure(tones.Arch(t, 3), d)})
	if err != nil {
		t.Fatal(err)
	}
	// 9 clips of 160 frames give one half-overlapping window each.
	if res.Steps != 4 || !res.Done || !res.History[1].Measured || !(res.History[1].Loss > 0) {
		t.Errorf("%d steps, %+v", res.Steps, res.History)
	}
}

// What cannot be trained is refused before anything starts, and a training that goes wild ends with a word.
func TestTrainingErrors(t *testing.T) {
	for says, change := range map[string]func(*train.Data, *Config){
		"no clips to learn from": func(d *train.Data, _ *Config) { d.Train = nil },
		"batch 1":                func(_ *train.Data, c *Config) { c.Recipe.Batch = 1 },
		"not a number": func(_ *train.Data, c *Config) {
			w := tones.Weights(c.Arch, 1)
			w.Flat[0] = float32(math.NaN())
			c.Init = &w
		},
		"4 outputs":      func(d *train.Data, _ *Config) { d.Labels = d.Labels[:2] },
		`provider "tpu"`: func(_ *train.Data, c *Config) { c.Graph = infer.GraphOptions{Provider: "tpu"} },
		"asked to stop": func(_ *train.Data, c *Config) {
			c.OnEpoch = func(train.Epoch) error { return fmt.Errorf("asked to stop") }
		},
	} {
		d, cfg := shortTraining(t, "")
		change(d, &cfg)
		if _, err := Run(context.Background(), d, cfg); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want an error with %q, got %v", says, err)
		}
	}
}
