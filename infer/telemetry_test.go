package infer

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoTelemetry starts ONNX Runtime in a process of its own, with a home and nothing in the environment
// that would keep its telemetry quiet by chance, and holds it to leaving no file behind, in its home or in the folder for temporary ones.
func TestNoTelemetry(t *testing.T) {
	if os.Getenv("EARSHOT_TEST_INIT") != "" {
		if err := Init(""); err != nil {
			t.Fatal(err)
		}
		return
	}
	home := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestNoTelemetry$")
	cmd.Env = []string{"EARSHOT_TEST_INIT=1", "HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH")}
	if library, err := FindLibrary(""); err == nil {
		cmd.Env = append(cmd.Env, LibraryEnv+"="+library)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("ONNX Runtime wrote %s", strings.TrimPrefix(path, home))
		}
		return nil
	})
}
