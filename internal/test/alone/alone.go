// Package alone runs a test in a process of its own, for tests that leave theirs unusable when they fail: a call
// into PortAudio that hangs would fail every test after it.
package alone

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// env names the one test that a process was started for.
const env = "EARSHOT_TEST_ALONE"

// Here says whether this process is the test's own. If not, Here has run the test in one, which is this test
// binary, and the caller must return: what failed there has failed here.
func Here(t *testing.T) bool {
	t.Helper()
	if os.Getenv(env) == t.Name() {
		return true
	}
	args := []string{"-test.v", "-test.count=1"}
	for _, part := range strings.Split(t.Name(), "/") {
		if len(args) == 2 {
			args = append(args, "-test.run=^"+regexp.QuoteMeta(part)+"$")
			continue
		}
		args[2] += "/^" + regexp.QuoteMeta(part) + "$"
	}
	if end, ok := t.Deadline(); ok {
		args = append(args, fmt.Sprintf("-test.timeout=%v", max(time.Until(end)-10*time.Second, time.Second)))
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), env+"="+t.Name())
	out, err := cmd.CombinedOutput()
	t.Logf("in a process of its own:\n%s", out)
	var failed *exec.ExitError
	switch {
	case errors.As(err, &failed):
		t.Errorf("%s failed in its own process: %v", t.Name(), err)
	case err != nil:
		t.Errorf("%s has no process of its own: %v", t.Name(), err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("%s did not run in its own process", t.Name())
	}
	return false
}
