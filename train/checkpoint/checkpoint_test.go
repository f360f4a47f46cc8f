package checkpoint

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// header is a training's own part of a checkpoint.
type header struct {
	Step   int
	Labels []string
	Layout
}

var vectors = map[string][]float32{"weights": {1, -2.5, 3e-38}, "moment": {4}, "empty": {}, "other": {5}}

func save(path string) error {
	return Save(path, &header{Step: 7, Labels: []string{"größer\n"}}, []string{"moment", "weights", "none", "empty"}, vectors)
}

// What is loaded is what was saved, over nothing and over the old one; vectors are those that were named.
func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	for range 2 {
		if err := save(path); err != nil {
			t.Fatal(err)
		}
		var h header
		got, err := Load(path, &h)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]float32{"weights": vectors["weights"], "moment": vectors["moment"], "empty": {}}
		if !reflect.DeepEqual(got, want) || h.Step != 7 || !slices.Equal(h.Labels, []string{"größer\n"}) || !slices.Equal(h.Vectors, []string{"moment", "weights", "empty"}) {
			t.Errorf("read %+v and %v", h, got)
		}
	}
}

// Another training is refused by what differs, down to a vector's length; the state stays as it was.
func TestSameAndRestore(t *testing.T) {
	type settings struct{ Rate, Batch float64 }
	if err := Same("a.ckpt", Part{"recipe", settings{1, 2}, settings{1, 2}}, Part{"labels", []string{"a"}, []string{"a"}}); err != nil {
		t.Error(err)
	}
	err := Same("a.ckpt", Part{"recipe", settings{1, 2}, settings{1, 3}}, Part{"seed", 1, 2})
	if err == nil || !strings.Contains(err.Error(), "recipe differs: Batch 2 there, 3 now;") || !strings.Contains(err.Error(), "a.ckpt") {
		t.Errorf("want an error on the recipe's batch, got %v", err)
	}
	state := map[string][]float32{"moment": {0}, "weights": {0, 0}}
	if err := Restore("a.ckpt", state, vectors); err == nil || !strings.Contains(err.Error(), "vector weights differs: it has 3 numbers, now wanted are 2") || state["moment"][0] != 0 {
		t.Errorf("restored %v, %v", state, err)
	}
	state["weights"] = make([]float32, 3)
	if err := Restore("a.ckpt", state, vectors); err != nil || !slices.Equal(state["weights"], vectors["weights"]) || state["moment"][0] != 4 {
		t.Errorf("restored %v, %v", state, err)
	}
}

// A file that lost its end, lost a bit or never was a checkpoint is refused by name.
func TestBrokenCheckpointsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	if err := save(path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path, &header{}); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--resume") {
			t.Errorf("%s: %v, want an error with the file's name and what to do", what, err)
		}
	}
	for _, n := range []int{0, 1, 20, 21, 28, 29, 100, len(whole) / 2, len(whole) - 33, len(whole) - 1} {
		refused(fmt.Sprint("cut to ", n, " bytes"), whole[:n])
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for range 50 {
		b := slices.Clone(whole)
		i := rng.IntN(len(b))
		b[i] ^= 1 << rng.IntN(8)
		refused(fmt.Sprint("bit flipped in byte ", i), b)
	}
	refused("text", []byte(strings.Repeat("not a checkpoint\n", 100)))
	refused("longer", append(slices.Clone(whole), 0))
	if _, err := Load(filepath.Join(t.TempDir(), "none"), &header{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// What a process killed while it wrote left behind goes at the next start, and nothing else.
func TestSweepRemovesUnfinishedCheckpoints(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.ckpt", ".a.ckpt.123.tmp", ".b.ckpt.123.tmp", "a.ckpt.123.tmp", ".a.ckpt.old"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(filepath.Join(dir, "a.ckpt"))
	Sweep("")
	Sweep(filepath.Join(dir, "none", "a.ckpt"))
	var left []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if !slices.Equal(left, []string{".a.ckpt.old", ".b.ckpt.123.tmp", "a.ckpt", "a.ckpt.123.tmp"}) {
		t.Errorf("left: %v", left)
	}
}
