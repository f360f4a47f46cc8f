package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exposureLimit is the most that `systemd-analyze security` may give the unit, in tenths (its own unit
// of --threshold=): 1.5.
const exposureLimit = "15"

// dropIns are the files that a person puts into earshot.service.d/ for what the unit alone forbids.
var dropIns = []string{"cuda.conf", "pulseaudio.conf"}

// TestUnitVerifies lets systemd read the unit, alone and with each drop-in: no unknown key, no bad value.
func TestUnitVerifies(t *testing.T) {
	analyze(t)
	for _, dropIn := range append([]string{""}, dropIns...) {
		t.Run("with "+dropIn, func(t *testing.T) {
			dir := unitFolder(t, dropIn)
			out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
				filepath.Join(dir, "earshot.service")).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("systemd-analyze verify: %v\n%s", err, out)
			}
		})
	}
}

// TestExposure holds the hardening to the figure that README tells.
func TestExposure(t *testing.T) {
	analyze(t)
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold="+exposureLimit,
		filepath.Join(unitFolder(t, ""), "earshot.service")).CombinedOutput()
	if err != nil {
		t.Fatalf("exposure is above %s tenths: %v\n%s", exposureLimit, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	t.Log(lines[len(lines)-1])
}

// analyze wants systemd-analyze.
func analyze(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatal("no systemd-analyze on this machine; scripts/setup.sh test installs it")
	}
}

// unitFolder returns a folder with the unit, one drop-in (or none for "") and a program for ExecStart= that exists.
func unitFolder(t *testing.T, dropIn string) string {
	t.Helper()
	dir := t.TempDir()
	unit := read(t, "earshot.service")
	unit = strings.Replace(unit, "ExecStart=/usr/bin/earshot", "ExecStart=/bin/true", 1)
	write(t, filepath.Join(dir, "earshot.service"), unit, 0o644)
	if dropIn != "" {
		write(t, filepath.Join(dir, "earshot.service.d", dropIn), read(t, dropIn), 0o644)
	}
	return dir
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write makes a file and the folders above it.
func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
