package privacy

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/config"
)

func parse(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestConfiguration(t *testing.T) {
	if s := Configuration(parse(t, "")); !Holds([]Section{s}) {
		t.Errorf("the defaults break the promise: %+v", s)
	}
	for _, text := range []string{"clips: {enabled: true}", "web: {listen: 0.0.0.0:8090, password_file: /p}", "mqtt: {image: true}"} {
		if s := Configuration(parse(t, text)); Holds([]Section{s}) {
			t.Errorf("%s, and nobody says so: %+v", text, s)
		}
	}
}

// TestShippedUnit holds the unit in the repository to the promise.
func TestShippedUnit(t *testing.T) {
	settings := map[string]string{}
	if err := readUnit("../../systemd/earshot.service", settings); err != nil {
		t.Fatal(err)
	}
	if s := judgeUnit("unit", settings); !Holds([]Section{s}) || len(s.Findings) < 4 {
		t.Errorf("%+v", s)
	}
	if s := judgeUnit("unit", map[string]string{}); Holds([]Section{s}) {
		t.Errorf("a unit without a sandbox passes: %+v", s)
	}
}

// TestThisProcess: a sound file that we write ourselves is found, and so is what we listen on.
func TestThisProcess(t *testing.T) {
	if s := Process(os.Getpid()); strings.Contains(text(s), "sound.wav") {
		t.Fatalf("found before it is there: %s", text(s))
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "sound.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, err := os.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := Process(os.Getpid())
	if Holds([]Section{s}) || strings.Count(text(s), "sound.wav") != 1 {
		t.Errorf("the file for writing, and that one alone, should be found: %s", text(s))
	}
	if !strings.Contains(text(s), "listens on "+l.Addr().String()) {
		t.Errorf("no %s in %s", l.Addr(), text(s))
	}
	if s := Process(1 << 30); !strings.Contains(text(s), "cannot be looked into") {
		t.Errorf("no such process: %s", text(s))
	}
}

func text(s Section) string {
	var b strings.Builder
	Print(&b, []Section{s})
	return b.String()
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"0100007F:075B":                         "127.0.0.1:1883",
		"00000000000000000000000001000000:1F9A": "[::1]:8090",
		"junk":                                  "junk",
	} {
		if got := address(raw); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestFindsDaemons(t *testing.T) {
	root := t.TempDir()
	for pid, cmdline := range map[string]string{
		"12": "/usr/bin/earshot\x00run\x00--config\x00x\x00", "13": "/usr/bin/earshot\x00privacy\x00", "14": "grep\x00earshot\x00run\x00", "self": "x",
	} {
		if err := os.MkdirAll(filepath.Join(root, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, pid, "cmdline"), []byte(cmdline), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := processes(root); len(got) != 1 || got[0] != 12 {
		t.Errorf("found %v, want [12]", got)
	}
}

// TestStartedAs: a daemon's files are looked for where it looks for them, also in a container.
func TestStartedAs(t *testing.T) {
	root := t.TempDir()
	at := filepath.Join(root, "12")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cmdline": "/usr/bin/earshot\x00run\x00--config\x00x.yaml\x00", "environ": "HOME=/\x00EARSHOT_CONFIG=/etc/e.yaml\x00"} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := startedAs(root, 12); err == nil {
		t.Error("nothing is known of its folder, and no error")
	}
	if err := os.Symlink("/srv/ear", filepath.Join(at, "cwd")); err != nil {
		t.Fatal(err)
	}
	s, err := startedAs(root, 12)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Args, " "); got != "--config x.yaml" || s.Config != "/etc/e.yaml" {
		t.Errorf("%+v", s)
	}
	for name, want := range map[string]string{"x.yaml": "/srv/ear/x.yaml", "/etc/e.yaml": "/etc/e.yaml"} {
		if got := s.Path(name); got != filepath.Join(at, "root", want) || s.Shown(got) != want {
			t.Errorf("%s is at %s, shown as %s", name, got, s.Shown(got))
		}
	}
	if s := Daemon(12, nil, os.ErrPermission); !Holds([]Section{s}) || strings.Contains(text(s), "No sound is written") || !strings.Contains(text(s), "not known") {
		t.Errorf("what is not known is promised: %s", text(s))
	}
}
