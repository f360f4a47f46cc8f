package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is a configuration with overlays: text by path below its folder.
func house(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOverlays: each lies over those before it, a block changes the keys that it names, a list is another list, what was pushed lies
// over what stands beside the configuration, and the command line over all.
func TestOverlays(t *testing.T) {
	dir := house(t, map[string]string{
		"config.yaml":                    "state_dir: DIR/state\nwindows: {hop_frames: 32, queue: 4}\nwatch: {labels: [{label: dog}, {label: cat, hold: 1s}]}\n",
		"config.d/20-b.yaml":             "windows: {ring: 2s}\nwatch: {labels: [{label: cow}]}\n",
		"config.d/10-a.yaml":             "windows: {hop_frames: 16, ring: 3s}\nlog: {level: warn}\n",
		"config.d/.hidden.yaml":          "colour: red\n",
		"config.d/10-a.yaml.dpkg-old":    "colour: red\n",
		"state/config.d/site-north.yaml": "log: {level: error}\nnode: {area: North}\n",
	})
	f, err := Load(filepath.Join(dir, "config.yaml"), []Override{{Flag: "--queue", Key: "windows.queue", Value: "5"}})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Config
	got := fmt.Sprintln(c.Windows, c.Log.Level, c.Node.Area, len(c.Watch.Labels), c.Watch.Labels[0].Label, c.Watch.Hold)
	if want := "{16 2s 5 false} error North 1 cow 5s\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var names []string
	for _, path := range f.Over {
		names = append(names, strings.TrimPrefix(path, dir+"/"))
	}
	if want := []string{"config.d/10-a.yaml", "config.d/20-b.yaml", "state/config.d/site-north.yaml"}; !slices.Equal(names, want) {
		t.Errorf("overlays %q", names)
	}
	if i := f.Issue("watch.labels[0].label", "bad").String(); !strings.HasPrefix(i, dir+"/config.d/20-b.yaml:2: ") {
		t.Error(i)
	}
	if i := f.Issue("watch.labels[1].hold", "bad").String(); strings.Contains(i, "config.yaml:3") {
		t.Errorf("a place of the list that was replaced: %s", i)
	}
}

func TestBadOverlays(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"config.d/a.yaml":       {"log: {level: warn}\ncolour: red\n", "DIR/config.d/a.yaml:2: colour: unknown key"},
		"config.d/b.yaml":       {"windows: {hop_frames: 3}\n", "DIR/config.d/b.yaml:1: windows.hop_frames: "},
		"config.d/c.yaml":       {"a: [", "DIR/config.d/c.yaml:1: not valid YAML"},
		"config.d/d.yml":        {"", "its name must end in .yaml"},
		"config.d":              {"", "config.d"},
		"state/config.d/e.yaml": {"state_dir: /tmp\n", "DIR/state/config.d/e.yaml:1: state_dir: is the node's own"},
		"state/config.d/f.yaml": {"sources: [{name: mic}, {name: mic}]\n", "DIR/state/config.d/f.yaml:1: sources"},
	} {
		dir := house(t, map[string]string{"config.yaml": "state_dir: DIR/state\n", name: c.text})
		_, err := Load(filepath.Join(dir, "config.yaml"), nil)
		if want := strings.ReplaceAll(c.want, "DIR", dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
