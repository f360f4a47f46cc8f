package cli

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/audio"
)

// TestRecordFromFile: the command cuts a label's recordings out of a long one, adds to what is there, and refuses what is no label.
func TestRecordFromFile(t *testing.T) {
	dir := t.TempDir()
	x := make([]float32, 16*44100)
	for i := range x {
		x[i] = 0.001 * float32((i*7919)%2048-1024) / 1024
		if at := float64(i) / 44100; at > 4 && at < 4.5 || at > 8 && at < 8.6 {
			x[i] += float32(0.1 * math.Sin(2*math.Pi*700*at))
		}
	}
	long := filepath.Join(dir, "long.wav")
	if err := audio.WriteWAV16(long, x, 44100); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := execute(append([]string{"record"}, args...), nil, strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	mine := filepath.Join(dir, "mine")
	for want := 2; want <= 4; want += 2 {
		if code, said := run("Door Bell", "--file", long, "--count", "2", "--room", "2s", "--out", mine); code != 0 {
			t.Fatalf("exit %d\n%s", code, said)
		}
		for folder, n := range map[string]int{"door_bell": want, ".room": want / 2} {
			if files, _ := os.ReadDir(filepath.Join(mine, folder)); len(files) != n {
				t.Errorf("%d files in %s, want %d", len(files), folder, n)
			}
		}
	}
	for want, args := range map[string][]string{
		"want one label":             {},
		"at least one letter":        {"***"},
		"the model calls nothing":    {"background"},
		"--count 0: want 1 to 1000":  {"bell", "--count", "0"},
		"0 of 10 kept":               {"bell", "--file", long + "x", "--out", mine},
		"the configuration has [\"x": {"bell", "--source", "y", "--config", configOf(t, "sources: [{name: x, kind: stdin}]")},
		"none of the others can be":  {"bell", "--device", "a", "--file", "b"},
	} {
		if code, said := run(args...); code == 0 || !strings.Contains(said, want) {
			t.Errorf("%q: exit %d, %s", args, code, said)
		}
	}
}

func configOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
