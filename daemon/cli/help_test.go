package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"earshot/daemon/config"
	"earshot/internal/test/testmodel"

	"github.com/spf13/pflag"
)

// withStdin runs earshot with something on standard input.
func withStdin(in string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	code = execute(args, nil, strings.NewReader(in), &out, &errs)
	return code, out.String(), errs.String()
}

// TestSuggestions: a slip of the finger is told what was meant.
func TestSuggestions(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"clasify", "x.wav"}, exitUsage, "did you mean classify?"},
		{[]string{"check-confg"}, exitUsage, "did you mean check-config?"},
		{[]string{"classify", "--modle", "x", "y.wav"}, exitUsage, "did you mean --model?"},
		{[]string{"hlep"}, exitUsage, "did you mean help?"},
		{[]string{"classify", "--top", "many", "y.wav"}, exitUsage, `--top "many": want a whole number`},
		{[]string{"train"}, exitUsage, "name their folder with --data"},
		{[]string{"train"}, exitUsage, "name one with --out"},
		{[]string{"check-config", "--set", "watch.hodl=3s"}, exitConfig, "watch.hodl: unknown key; did you mean hold?"},
		{[]string{"check-config", "--set", "wach.hold=3s"}, exitConfig, "unknown key; did you mean watch?"},
		{[]string{"check-config", "--set", "state_dir.x=3"}, exitConfig, "state_dir is a single setting"},
		{[]string{"check-config", "--set", "inference.provider=gpu"}, exitConfig, `"gpu": want one of auto, cuda, tensorrt, openvino, cpu; did you mean cuda?`},
		{[]string{"check-config", "--provider", "Nvidia"}, exitConfig, "did you mean cuda?"},
	} {
		if code, _, errs := withStdin("", c.args...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
}

// TestHelpTopics: what the program says of exit codes and environment is in the manual page too.
func TestHelpTopics(t *testing.T) {
	page, err := os.ReadFile("../../packaging/earshot.1")
	if err != nil {
		t.Fatal(err)
	}
	manual := strings.NewReplacer(`\-`, "-", `\fI`, "", `\fR`, "").Replace(string(page))
	for topic, wants := range map[string][]string{"exit-codes": nil, "environment": nil, "configuration": {config.SystemPath, "--set", "EARSHOT_CONFIG"}} {
		for _, e := range exitCodes {
			if topic == "exit-codes" {
				wants = append(wants, e.text)
			}
		}
		for _, v := range environment {
			if topic == "environment" {
				wants = append(wants, v.name, v.text)
			}
		}
		code, out, errs := withStdin("", "help", topic)
		if code != exitOK {
			t.Errorf("help %s: exit code %d: %s", topic, code, errs)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) || !strings.Contains(manual, want) {
				t.Errorf("help %s or the manual page says nothing of %q", topic, want)
			}
		}
		if _, root, _ := withStdin("", "--help"); !strings.Contains(root, topic) {
			t.Errorf("earshot --help does not name %s", topic)
		}
	}
	if code, out, _ := withStdin("", "--version"); code != exitOK || !strings.HasPrefix(out, "earshot ") {
		t.Errorf("--version: exit code %d, %q", code, out)
	}
	for _, c := range newRootCmd(nil).Commands() {
		if c.Runnable() && !strings.Contains(manual, "\n.B "+c.Name()) && !strings.Contains(manual, c.Name()) {
			t.Errorf("the manual page says nothing of %s", c.Name())
		}
	}
}

// TestTrainFlagGroups: every flag of train stands below a heading, once.
func TestTrainFlagGroups(t *testing.T) {
	c, _, err := newRootCmd(nil).Find([]string{"train"})
	if err != nil {
		t.Fatal(err)
	}
	help := c.UsageString()
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if n := len(regexp.MustCompile(`(?m)^ +(-\w, )?--`+f.Name+`( |$)`).FindAllString(help, -1)); n != 1 {
			t.Errorf("--%s is there %d times", f.Name, n)
		}
	})
	for _, heading := range []string{"Data:", "Network:", "Recipe:", "Background:", "Second opinion:", "Output:", "Other:"} {
		if strings.Count(help, "\n"+heading+"\n") != 1 {
			t.Errorf("no heading %q in\n%s", heading, help)
		}
	}
	if strings.Contains(help, "\nFlags:\n") {
		t.Error("the flags stand in one heap too")
	}
}

// TestCheckConfigJSON: all mistakes of all layers at once, for programs; and what it comes to where there are none.
func TestCheckConfigJSON(t *testing.T) {
	p := place{t, t.TempDir()}
	model := p.file("m.onnx", testmodel.New("dog", "siren").Bytes())
	p.file("torn.wav", []byte("RIFF, but no sound"))
	text := "model: {path: '" + model + "'}\n" + // line 1
		"smoothing: {windows: 99999}\n" + // a value
		"sources:\n  - {name: a, kind: file, paths: ['" + filepath.Join(p.dir, "torn.wav") + "', /nowhere.wav]}\n" + // files
		"  - {name: a, kind: stdin}\n" + // a duplicate
		"watch:\n  labels: [{label: doog}, {label: event}]\n  groups: []\n" + // labels, topics
		"web: {password_file: /nowhere}\n" + // a secret
		"clips: {enabled: true, dir: '" + model + "/clips'}\n" // a folder
	check := func(in string, args ...string) (int, configReport) {
		t.Helper()
		code, out, errs := withStdin(in, append([]string{"check-config", "--json"}, args...)...)
		var r configReport
		if err := json.Unmarshal([]byte(out), &r); err != nil || errs != "" {
			t.Fatalf("%v: %s%s", err, out, errs)
		}
		return code, r
	}
	code, r := check("", p.file("bad.yaml", []byte(text)))
	if code != exitConfig || r.OK || r.Summary != nil {
		t.Errorf("exit code %d, %+v", code, r)
	}
	var got []string
	for _, m := range r.Mistakes {
		got = append(got, m.Key)
	}
	want := []string{"smoothing.windows", "sources[0].paths[0]", "sources[0].paths[1]", "sources[1].name", "watch.labels[1].label", "watch.labels[0].label",
		"web.password_file", "clips.dir"}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes at\n%q, want\n%q: %+v", got, want, r.Mistakes)
	}
	if !slices.IsSortedFunc(r.Mistakes, func(a, b config.Issue) int { return a.Line - b.Line }) || r.Mistakes[0].Line != 2 {
		t.Errorf("not in the order of the lines: %+v", r.Mistakes)
	}
	// run says the same, not only the first layer's.
	if code, _, errs := withStdin("", "run", "--config", filepath.Join(p.dir, "bad.yaml")); code != exitConfig || strings.Count(errs, "\n") < len(want) {
		t.Errorf("run: exit code %d, %s", code, errs)
	}

	code, r = check("model: {path: '"+model+"'}\nwatch: {labels: [{label: dog}], groups: []}\n", "-")
	if code != exitOK || !r.OK || len(r.Mistakes) != 0 || r.File != "standard input" || r.Summary == nil || r.Labels != 1 {
		t.Errorf("exit code %d, %+v", code, r)
	}
	// Names that would share a topic are found over sources and labels together.
	code, r = check("model: {path: '"+model+"'}\nwatch: {labels: [{label: dog}], groups: []}\nsources: [{name: a, title: X, kind: stdin}, {name: b, title: X, kind: file, paths: ['"+p.file("s.wav", hum(1, 44100))+"']}]\n", "-")
	if code != exitConfig || len(r.Mistakes) != 1 || !strings.Contains(r.Mistakes[0].Text, "would both be shown as") {
		t.Errorf("exit code %d, %+v", code, r.Mistakes)
	}
}

// TestStdio: "-" is standard input and output.
func TestStdio(t *testing.T) {
	p := place{t, t.TempDir()}
	sound := string(hum(2, 44100))
	model := p.file("m.onnx", testmodel.New("hum", "hiss").Bytes())
	code, out, errs := withStdin(sound, "classify", "--model", model, "--json", "-")
	if code != exitOK || !strings.Contains(out, `"file":"-"`) {
		t.Errorf("classify: exit code %d: %s%s", code, out, errs)
	}
	code, _, errs = withStdin("no sound", "classify", "--model", model, "-")
	if code != exitAudio || !strings.Contains(errs, "standard input") || strings.Contains(errs, "/proc") || strings.Contains(errs, "earshot: \n") {
		t.Errorf("no sound: exit code %d: %q", code, errs)
	}
	for magic, args := range map[string][]string{"\x89PNG": nil, "\x93NUMPY": {"--npy"}} {
		code, out, errs := withStdin(sound, append([]string{"features", "-", "-o", "-"}, args...)...)
		if code != exitOK || !strings.HasPrefix(out, magic) || errs != "" {
			t.Errorf("features %q: exit code %d, %.10q: %s", args, code, out, errs)
		}
	}
}

// TestPrivacyAsksRunningDaemons: one that writes clips by another configuration file is found out.
func TestPrivacyAsksRunningDaemons(t *testing.T) {
	p := place{t, t.TempDir()}
	p.file("clips.yaml", []byte("clips: {enabled: true}\n"))
	quiet := p.file("quiet.yaml", nil)
	daemon := exec.Cmd{Path: "/bin/sh", Args: []string{"earshot", "-c", "read line", "run", "--config", "clips.yaml"}, Dir: p.dir}
	stop, err := daemon.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stop.Close()
		_ = daemon.Wait()
	}()
	code, out, errs := withStdin("", "privacy", "--config", quiet)
	want := fmt.Sprintf("Configuration of process %d (%s)", daemon.Process.Pid, filepath.Join(p.dir, "clips.yaml"))
	if code != exitFailure || errs != "" || !strings.Contains(out, want) || !strings.Contains(out, "clips are on") || strings.Contains(out, "No sound is written") {
		t.Errorf("exit code %d, want %q: %s%s", code, want, out, errs)
	}
}
