package trainer

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/recipe"
)

func testCheckpoint(t testing.TB) *header {
	c := &header{Arch: tones.Arch(t, 3), Recipe: recipe.Default(), Seed: 1 << 63, Data: "digest", Floor: 1e-5, Norm: train.Norm{Std: [2]float32{1, 2}},
		Labels: []string{"dog", "größer\n"}, Step: 7, Epoch: Running{1, 2, 3, 4}, History: []train.Epoch{{Epoch: 1, Loss: 2.5}}, vectors: map[string][]float32{}}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range []string{"weights", "moment1", "average"} {
		v := make([]float32, 1000)
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		c.vectors[name] = v
	}
	return c
}

func TestCheckpointRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	want := testCheckpoint(t)
	for range 2 { // over nothing, and over the old one
		want.Step++
		if err := want.save(path); err != nil {
			t.Fatal(err)
		}
		got, err := loadHeader(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("read %+v, wrote %+v", got, want)
		}
	}
}

// A checkpoint of another training is not continued; the refusal names what differs, and
// the file stays as it was.
func TestResumeRefusesAnotherTraining(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	ctx, cancel := context.WithCancel(context.Background())
	runShort(t, ctx, path, func(c *Config) { c.OnStep = func(train.Progress) { cancel() } })
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*train.Data, *Config){
		"network differs: Attention.Layer 10 there, 0 now":                          func(_ *train.Data, c *Config) { c.Arch.Attention.Layer = 0 },
		"network differs: Hidden 16 there, 20 now":                                  func(_ *train.Data, c *Config) { c.Arch.Hidden = 20 },
		"recipe differs: Epochs 3 there, 5 now":                                     func(_ *train.Data, c *Config) { c.Recipe.Epochs = 5 },
		"recipe differs: Augment.Mix 0.7 there, 0.2 now, Batch 4 there, 3 now":      func(_ *train.Data, c *Config) { c.Recipe.Augment.Mix, c.Recipe.Batch = 0.2, 3 },
		`label list differs: 2 "tone_1" there, "dog" now`:                           func(d *train.Data, _ *Config) { d.Labels[1] = "dog" },
		`data differs: "tones 3 4 1" there, "other" now`:                            func(d *train.Data, _ *Config) { d.Digest = "other" },
		"seed differs: 5 there, 6 now":                                              func(_ *train.Data, c *Config) { c.Seed = 6 },
		"front end's floor differs: 0.00001 there, 1e-10 now":                       func(_ *train.Data, c *Config) { c.Floor = 1e-10 },
		"vector moment2 differs: it has 0 numbers, now wanted are":                  func(_ *train.Data, c *Config) { forgetVector(t, c, "moment2") },
		"vector weights differs: it has 5 numbers, now wanted are":                  func(_ *train.Data, c *Config) { shortenVector(t, c, "weights", 5) },
		"it is no whole earshot checkpoint, start without --resume or name another": func(_ *train.Data, c *Config) { c.Checkpoint = garbage(t) },
	} {
		d, cfg := shortTraining(t, path)
		change(d, &cfg)
		if _, err := Run(context.Background(), d, cfg); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want an error with %q, got %v", says, err)
		}
		if err := cfg.Resumable(d); !strings.HasPrefix(says, "vector") && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("before it begins want an error with %q, got %v", says, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(after, before) {
		t.Errorf("a refused checkpoint changed: %v", err)
	}
}

func forgetVector(t *testing.T, c *Config, name string) {
	rewrite(t, c, func(k *header) { delete(k.vectors, name) })
}

func shortenVector(t *testing.T, c *Config, name string, n int) {
	rewrite(t, c, func(k *header) { k.vectors[name] = k.vectors[name][:n] })
}

// rewrite points c at a changed copy of its checkpoint.
func rewrite(t *testing.T, c *Config, change func(*header)) {
	t.Helper()
	k, err := loadHeader(c.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	change(k)
	c.Checkpoint = filepath.Join(t.TempDir(), "changed.ckpt")
	if err := k.save(c.Checkpoint); err != nil {
		t.Fatal(err)
	}
}

func garbage(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "garbage.ckpt")
	if err := os.WriteFile(path, make([]byte, 4096), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// On a full disk the training stops with one clear message; the last good checkpoint is
// whole, nothing half-written lies beside it, and the training goes on from it.
func TestFullDiskLeavesTheOldCheckpoint(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Logf("no tmpfs can be mounted here (%v): a folder that cannot be written stands for the full disk", err)
		fullDisk(t, dir, func() (undo func()) {
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			return func() { _ = os.Chmod(dir, 0o755) }
		}, "permission")
		return
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	ballast := filepath.Join(dir, "ballast")
	fullDisk(t, dir, func() (undo func()) {
		_ = os.WriteFile(ballast, make([]byte, 8<<20), 0o644) // stops where the disk is full
		if err := os.Truncate(ballast, 4<<20-3*4096-sizeOf(t, filepath.Join(dir, "a.ckpt"))-64<<10); err != nil {
			t.Fatal(err)
		}
		return func() { _ = os.Remove(ballast) }
	}, "no space left on device")
}

func sizeOf(t *testing.T, path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

// fullDisk stops a training, fills the disk but for less than a checkpoint, and goes on.
func fullDisk(t *testing.T, dir string, fill func() (undo func()), says string) {
	t.Helper()
	if os.Getuid() == 0 && says == "permission" {
		t.Log("root writes everywhere; nothing to see")
		return
	}
	path := filepath.Join(dir, "a.ckpt")
	whole := runShort(t, context.Background(), "", nil)
	ctx, cancel := context.WithCancel(context.Background())
	runShort(t, ctx, path, func(c *Config) { c.OnStep = func(train.Progress) { cancel() } })
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	undo := fill()
	d, cfg := shortTraining(t, path)
	_, err = Run(context.Background(), d, cfg)
	if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("on a full disk: %v, want one line with %q and the file", err, says)
	}
	undo()
	left, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(after, before) || len(left) > 0 {
		t.Errorf("the old checkpoint is whole: %v (%v); beside it: %v", slices.Equal(after, before), err, left)
	}
	sameTraining(t, runShort(t, context.Background(), path, nil), whole)
}
