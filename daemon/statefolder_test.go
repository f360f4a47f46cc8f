package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/config"
	"earshot/internal/logging"
)

// TestStateFolderGone: a state folder that somebody takes away is made anew; where that cannot be, it is told until it can.
func TestStateFolderGone(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	f, err := config.Parse("test", []byte("state_dir: '"+state+"'\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	d := &Daemon{file: f, log: logging.New(logging.Config{Level: "info", Format: "json", Out: &log})}
	had := false
	look := func(want string) {
		t.Helper()
		d.lookAtState(&had)
		if !strings.Contains(d.stateTrouble, want) || want == "" && d.stateTrouble != "" {
			t.Errorf("trouble %q, want %q", d.stateTrouble, want)
		}
	}
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look("") // it never was there: others have said so
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	look("")
	if err := os.Remove(state); err != nil { // made by the look before
		t.Fatal(err)
	}
	look("")
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	look("not a directory")
	if s := d.stateTrouble; !strings.Contains(log.String(), "not kept") {
		t.Errorf("not logged: %s", s)
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	look("")
	if !strings.Contains(log.String(), "can be written again") {
		t.Errorf("the end is not logged:\n%s", &log)
	}
}
