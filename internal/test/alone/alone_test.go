package alone

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestHere: the test runs elsewhere, once, and not here.
func TestHere(t *testing.T) {
	parent := os.Getenv("ALONE_PARENT")
	t.Setenv("ALONE_PARENT", "yes")
	if !Here(t) {
		return
	}
	if parent != "yes" {
		t.Error("the test was not started by another process")
	}
}

// TestFailureComesBack: what fails in the other process fails in the one that asked for it.
func TestFailureComesBack(t *testing.T) {
	const fail = "ALONE_FAIL"
	if os.Getenv(fail) != "" {
		if Here(t) {
			t.Error("wanted")
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestFailureComesBack$")
	cmd.Env = append(os.Environ(), fail+"=1")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "wanted") {
		t.Errorf("the test that fails elsewhere passes here: %v\n%s", err, out)
	}
}
