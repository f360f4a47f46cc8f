package job

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"earshot/infer"
	"earshot/internal/test/tinysounds"
)

// killAt is a UI that kills this very process when a phase's bar reaches step, 0: its end.
func killAt(phase string, step int) UI {
	ui := Quiet(new(bytes.Buffer))
	ui.Bar = func(title string) func(int, int, string) {
		return func(done, total int, _ string) {
			if title == phase && (done == step || step == 0 && done == total) {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // it comes at once
			}
		}
	}
	return ui
}

// withSecond are options of a training that ends with a second opinion, with everything in dir.
func withSecond(t *testing.T, dir string) Options {
	t.Helper()
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	o := tinyOptionsIn(dir)
	o.Source.Quiet = 2
	o.Second = tinySecond(t)
	o.Second.Tune = []string{filepath.Join(dir, "tune")}
	return o
}

// TestKilledAnywhere kills a training with SIGKILL in each of its phases. After each the same command with --resume goes
// on, nothing half-written stands where the model should, and what it makes in the end is what an uninterrupted
// training makes.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	const folder, phase, step = "EARSHOT_TEST_FOLDER", "EARSHOT_TEST_PHASE", "EARSHOT_TEST_STEP"
	if dir := os.Getenv(folder); dir != "" { // this is the process to kill
		n, err := strconv.Atoi(os.Getenv(step))
		if err != nil {
			t.Fatal(err)
		}
		o := withSecond(t, dir)
		o.Resume = true
		_, err = Run(context.Background(), o, killAt(os.Getenv(phase), n))
		t.Fatalf("it came to its end: %v", err)
	}
	data := func() string {
		dir := t.TempDir()
		tinysounds.Folder(t, filepath.Join(dir, "data"), 4, "bell", "kettle", "drill")
		tinysounds.Folder(t, filepath.Join(dir, "tune"), 2, "speech")
		return dir
	}
	finish := func(o Options) string {
		t.Helper()
		var text bytes.Buffer
		if _, err := Run(context.Background(), o, Quiet(&text)); err != nil {
			t.Fatalf("%v\n%s", err, text.String())
		}
		m, err := infer.LoadModel(o.Out)
		if err != nil {
			t.Fatal(err)
		}
		return m.SHA256
	}
	whole := finish(withSecond(t, data()))
	dir := data()
	o := withSecond(t, dir)
	for _, c := range []struct {
		phase string
		step  int
	}{
		{"features", 1}, {"training", 1}, {"training", 0}, {"measuring", 1},
		{"second opinion: labels", 1}, {"second opinion: held-out clips", 1}, {"second opinion: thresholds", 1},
	} {
		child := exec.Command("/proc/self/exe", "-test.run=^TestKilledAnywhere$")
		child.Env = append(os.Environ(), folder+"="+dir, phase+"="+c.phase, step+"="+strconv.Itoa(c.step))
		out, err := child.CombinedOutput()
		if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
			t.Fatalf("%s, step %d: %v, want that it was killed\n%s", c.phase, c.step, err, out)
		}
		if _, err := os.Stat(o.Out); err == nil {
			t.Errorf("killed in %q it leaves a model", c.phase)
		}
	}
	o.Resume = true
	if again := finish(o); again != whole {
		t.Error("the training that was killed made another model")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if name := filepath.Base(path); !strings.HasPrefix(name, "m.onnx") && name != "data" && name != "tune" && name != "cache" {
			t.Errorf("%s is left", name)
		}
	}
}
