package packaging

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// addOn is the part of the Supervisor's add-on schema (home-assistant/supervisor,
// supervisor/addons/validate.py) that ours uses; a key outside it is an error.
type addOn struct {
	Name, Version, Slug, Description, Startup, Boot string
	Arch, Services                                  []string
	Init, Audio                                     *bool
	Map                                             []struct {
		Type     string
		ReadOnly bool `yaml:"read_only"`
	}
	Ports            map[string]*int
	PortsDescription map[string]string `yaml:"ports_description"`
	Options, Schema  map[string]any
}

func TestAddOn(t *testing.T) {
	var a addOn
	d := yaml.NewDecoder(strings.NewReader(read(t, "homeassistant/earshot/config.yaml")))
	d.KnownFields(true)
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, is, pattern string }{
		{"name", a.Name, `.`},
		{"description", a.Description, `.`},
		{"slug", a.Slug, `^[-_.A-Za-z0-9]+$`},
		{"version", a.Version, `^` + regexp.QuoteMeta(version(t)) + `$`},
		{"startup", a.Startup, `^(initialize|system|services|application|once)$`},
		{"boot", a.Boot, `^(auto|manual|manual_only)$`},
		{"arch", strings.Join(a.Arch, " "), `^amd64 aarch64$`},
		{"services", strings.Join(a.Services, " "), `^(mqtt|mysql):(provide|want|need)$`},
	} {
		if !regexp.MustCompile(c.pattern).MatchString(c.is) {
			t.Errorf("%s is %q; it must match %s", c.what, c.is, c.pattern)
		}
	}
	for _, m := range a.Map {
		if !regexp.MustCompile(`^(data|ssl|addons|backup|share|media|homeassistant_config|all_addon_configs|addon_config)$`).MatchString(m.Type) {
			t.Errorf("map: the Supervisor knows no %q", m.Type)
		}
	}
	if !strings.Contains(read(t, "homeassistant/earshot/Dockerfile"), "earshot_"+a.Version+"_") {
		t.Errorf("the add-on's Dockerfile installs another version than %s", a.Version)
	}
}

// version is the one being built: the first in the change log, as the Makefile takes it.
func version(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^## \[(\d\S*)\]`).FindStringSubmatch(read(t, "../CHANGELOG.md"))
	if m == nil {
		t.Fatal("CHANGELOG.md has no heading like \"## [0.1.0]\"")
	}
	return m[1]
}

// TestContainerfile holds every source of its COPY lines against the tree or an earlier stage.
func TestContainerfile(t *testing.T) {
	for _, line := range strings.Split(read(t, "container/Containerfile"), "\n") {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "COPY" {
			continue
		}
		for _, source := range words[1 : len(words)-1] {
			path, fromBuild := strings.CutPrefix(source, "/source/")
			if !fromBuild || strings.HasPrefix(path, "build/") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}

// TestShellScripts reads every script of the project with shellcheck.
func TestShellScripts(t *testing.T) {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Fatal("no shellcheck on this machine; scripts/setup.sh test installs it")
	}
	var scripts []string
	for _, pattern := range []string{"*.sh", "debian/p*", "homeassistant/earshot/*.sh", "../scripts/*.sh", "../.ci/run"} {
		found, _ := filepath.Glob(pattern)
		if len(found) == 0 {
			t.Errorf("no script is called %s any more", pattern)
		}
		scripts = append(scripts, found...)
	}
	if out, err := exec.Command("shellcheck", scripts...).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

// TestAddOnStart runs the add-on's start script with a Supervisor that answers, and looks at what it starts.
func TestAddOnStart(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Fatal("no jq on this machine; scripts/setup.sh test installs it")
	}
	for _, c := range []struct{ answer, wantBroker, wantUser string }{
		{`{"result":"ok","data":{"host":"core-mosquitto","port":1883,"ssl":false,"username":"addons","password":"pa\"ss wörd"}}`,
			"tcp://core-mosquitto:1883", "addons"},
		{`{"result":"ok","data":{"host":"broker.lan","port":8883,"ssl":true,"username":"u","password":"p"}}`,
			"ssl://broker.lan:8883", "u"},
	} {
		dir := t.TempDir()
		fake(t, dir, "curl", fmt.Sprintf("cat <<'EOF'\n%s\nEOF", c.answer))
		fake(t, dir, "earshot", `echo "$@"; cat "$CREDENTIALS_DIRECTORY/mqtt_username"; ls -l "$CREDENTIALS_DIRECTORY"; env`)
		script := strings.ReplaceAll(read(t, "homeassistant/earshot/run.sh"), "/config/config.yaml", dir+"/config.yaml")
		script = strings.ReplaceAll(script, "/etc/earshot/config.yaml", "../config.yaml")
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SUPERVISOR_TOKEN=token-canary", "TMPDIR="+dir)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		said := out.String()
		for _, want := range []string{"--broker " + c.wantBroker, "\n" + c.wantUser + "\n", "-rw-------"} {
			if !strings.Contains(said, want) {
				t.Errorf("no %q in\n%s", want, said)
			}
		}
		for _, secret := range []string{"token-canary", `pa"ss`} {
			if strings.Contains(said, secret) {
				t.Errorf("%q reaches arguments or environment:\n%s", secret, said)
			}
		}
	}
}

// fake puts a shell script called name into dir.
func fake(t *testing.T, dir, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
