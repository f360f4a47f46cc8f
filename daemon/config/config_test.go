package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/gammatone"
)

var update = flag.Bool("update", false, "write the golden messages")

func shipped(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestShippedEqualsDefaults(t *testing.T) {
	f, err := Parse("config.yaml", shipped(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse(BuiltIn, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !sameSettings(f.Config, want.Config) {
		t.Errorf("config.yaml says\n%+v\nthe code\n%+v", f.Config, want.Config)
	}
}

// sameSettings takes an empty list for a missing one.
func sameSettings(a, b Config) bool {
	if len(a.Sources) == 0 {
		a.Sources = nil
	}
	if len(b.Sources) == 0 {
		b.Sources = nil
	}
	return reflect.DeepEqual(a, b)
}

// TestShippedIsComplete holds every key of the code against the file, and the file's own values against the
// built-in ones: a key that stands in the file must not merely repeat by luck of being absent.
func TestShippedIsComplete(t *testing.T) {
	text := string(shipped(t))
	var visit func(t reflect.Type, path string)
	visit = func(typ reflect.Type, path string) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			key := f.Tag.Get("key")
			if key == "" {
				t.Errorf("%s.%s has no key", typ, f.Name)
			}
			if !regexp.MustCompile(`\b` + key + `:`).MatchString(text) {
				t.Errorf("config.yaml does not mention %s.%s", path, key)
			}
			under := f.Type
			for under.Kind() == reflect.Slice || under.Kind() == reflect.Pointer {
				under = under.Elem()
			}
			if under.Kind() == reflect.Struct {
				visit(under, path+"."+key)
			}
		}
	}
	visit(reflect.TypeFor[Config](), "")
}

// TestBad holds each file in testdata/bad to the exact messages beside it.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad configurations: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			_, err := Load(path, nil)
			if err == nil {
				t.Fatal("accepted")
			}
			got := strings.ReplaceAll(err.Error(), "testdata/bad/", "") + "\n"
			golden := strings.TrimSuffix(path, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if strings.Contains(got, "canary") {
				t.Error("a secret is in the message")
			}
		})
	}
}

func TestFileBeatsDefaultAndFlagBeatsFile(t *testing.T) {
	f, err := Parse("x.yaml", []byte("windows:\n  hop_frames: 32\n  ring: 2s\nwatch: {labels: [{label: dog, hold: 1m}]}\n"),
		[]Override{{Flag: "--hop", Key: "windows.hop_frames", Value: "16"}, {Flag: "--model", Key: "model.path", Value: "yes: no"}})
	if err != nil {
		t.Fatal(err)
	}
	c := f.Config
	if c.Windows.HopFrames != 16 || c.Windows.Ring != 2*time.Second || c.Windows.Queue != Default().Windows.Queue {
		t.Errorf("windows %+v", c.Windows)
	}
	if c.Model.Path != "yes: no" {
		t.Errorf("model path %q", c.Model.Path)
	}
	if len(c.Watch.Labels) != 1 || *c.Watch.Labels[0].Hold != time.Minute || c.Watch.Labels[0].On != nil {
		t.Errorf("labels %+v", c.Watch.Labels)
	}
}

func TestOverrideErrors(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"windows.hop_frames", "4", `--x: windows.hop_frames: "4": want a whole number from 8 to 128`},
		{"windows.hop", "4", `--x: windows.hop: unknown key; allowed in windows: hop_frames, ring, queue, gate`},
		{"windows.ring.x", "4", `--x: windows.ring.x: unknown key: windows.ring is a single setting`},
		{"mqtt.broker", "ftp://u:canary@h", `--x: mqtt.broker: holds a user name or password; use mqtt.username and mqtt.password_file, so that no secret stands in this file`},
		{"sources", "[", `--x: sources: not readable as a value`},
	} {
		_, err := Parse(BuiltIn, nil, []Override{{Flag: "--x", Key: c.key, Value: c.value}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s=%s: got %v\nwant %s", c.key, c.value, err, c.want)
		}
	}
}

func TestNullBlocksMeanDefaults(t *testing.T) {
	f, err := Parse("x", []byte("mqtt:\nweb:\nwatch:\n  labels:\nlog: &a {level: debug}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Config.Watch.Labels != nil || f.Config.Log.Level != "debug" || f.Config.Web != Default().Web {
		t.Errorf("%+v", f.Config)
	}
}

func TestScalars(t *testing.T) {
	for text, want := range map[string]time.Duration{"5s": 5 * time.Second, "30d": 720 * time.Hour, "0.5d": 12 * time.Hour, "1m30s": 90 * time.Second} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	for _, d := range []time.Duration{0, time.Millisecond, 5 * time.Minute, time.Hour, 90 * time.Minute, 48 * time.Hour, 720 * time.Hour} {
		if back, err := ParseDuration(formatDuration(d)); err != nil || back != d {
			t.Errorf("%v written %q read %v, %v", d, formatDuration(d), back, err)
		}
	}
	for _, s := range []Size{0, 1, 500 * MB, TB, 1234567} {
		if back, err := ParseSize(s.String()); err != nil || back != s {
			t.Errorf("%d written %q read %d, %v", int64(s), s.String(), int64(back), err)
		}
	}
	for _, text := range []string{"", "5", "MB", "-1MB", "1.5GB", "99999999999TB", "5 apples"} {
		if _, err := ParseSize(text); err == nil {
			t.Errorf("size %q accepted", text)
		}
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "s3cret pass\n")
	for _, c := range []struct{ path, want, wantErr string }{
		{good, "s3cret pass", ""},
		{write("empty", "\n"), "", "is empty"},
		{write("lines", "canary\ncanary\n"), "", "more than one line"},
		{write("long", strings.Repeat("canary", 1000)), "", "want at most 4096"},
		{filepath.Join(dir, "none"), "", "no such file"},
		{"", "", ""},
	} {
		got, err := ReadSecret(c.path, CredentialPassword)
		if got != c.want || (err == nil) != (c.wantErr == "") || err != nil && !strings.Contains(err.Error(), c.wantErr) {
			t.Errorf("%q: %q, %v; want %q, %q", c.path, got, err, c.want, c.wantErr)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("secret in %v", err)
		}
	}
	write(CredentialPassword, "from systemd\n")
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if got, err := ReadSecret("", CredentialPassword); got != "from systemd" || err != nil {
		t.Errorf("credential: %q, %v", got, err)
	}
	if got, err := ReadSecret("good", CredentialPassword); got != "s3cret pass" || err != nil {
		t.Errorf("named credential: %q, %v", got, err)
	}
}

func TestLoadUnreadable(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "check-config --defaults") {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Load(t.TempDir(), nil); err == nil {
		t.Error("a folder was read as a configuration")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(shipped(f))
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("sources: &a [*a, *a, *a, *a, *a]"))
	f.Add([]byte("node: &n {id: x}\nmqtt: *n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := Parse("f", text, nil)
		var issues Errors
		if err != nil && !errors.As(err, &issues) {
			t.Fatalf("an error that is not a list of issues: %v", err)
		}
		for _, i := range issues {
			if i.Text == "" || strings.ContainsAny(i.String(), "\n\x00") {
				t.Fatalf("issue %q", i.String())
			}
		}
	})
}

// TestHopIsAWindowAtMost: the most that may be set is what the front end has.
func TestHopIsAWindowAtMost(t *testing.T) {
	f, _ := reflect.TypeFor[Windows]().FieldByName("HopFrames")
	if most := f.Tag.Get("max"); most != strconv.Itoa(gammatone.Default().WindowFrames) {
		t.Errorf("hop_frames may be up to %s; a window has %d frames", most, gammatone.Default().WindowFrames)
	}
}
