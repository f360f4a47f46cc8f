package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"earshot/internal/test/skip"
)

// TestClockIsSet brings one of the faults about whose time is bounded and which no other test makes for real: the wall
// clock of the whole program goes an hour forward and back.
func TestClockIsSet(t *testing.T) {
	if os.Getuid() != 0 {
		skip.Now(t, "only root may trace another program here")
	}
	program := filepath.Join(t.TempDir(), "earshot")
	if out, err := exec.Command("go", "build", "-o", program, "earshot").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := newScene(options{program: program})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	out, err := clockSet(s)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.daemon.log.String())
	}
	for _, what := range s.broken {
		t.Error(what)
	}
	t.Logf("lost: %s; %s", out.lost, out.back)
}
