package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
)

// sounds makes a folder with a model that tells low from high, and some files.
func sounds(t *testing.T) (dir, model string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("EARSHOT_CONFIG", "")
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = gammatone.Default().Fingerprint()
	spec.Metadata["names"] = `{"low":"Low hum","high":"High whistle"}`
	model = filepath.Join(dir, "model.onnx")
	put(t, model, spec.Bytes())
	for name, hz := range map[string]float64{"a.wav": 200, "sub/b.flac": 8000, "c.wav": 300} {
		x := make([]float32, 2*44100)
		for i := range x {
			x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/44100))
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write := audio.WriteWAV16
		if strings.HasSuffix(name, ".flac") {
			write = audio.WriteFLAC
		}
		if err := write(path, x, 44100); err != nil {
			t.Fatal(err)
		}
	}
	return dir, model
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// earshot runs the command line.
func earshot(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(args, nil, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestClassifyTable(t *testing.T) {
	dir, model := sounds(t)
	put(t, filepath.Join(dir, "notes.txt"), []byte("not sound, and not asked for"))
	put(t, filepath.Join(dir, ".hidden.wav"), []byte("no"))
	code, out, errs := earshot("classify", "--model", model, "--top", "2", dir)
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "FILE") {
		t.Fatalf("%q", out)
	}
	for i, want := range []string{"a.wav    2.00 s  Low hum", "c.wav    2.00 s  Low hum", "sub/b.flac    2.00 s  High whistle"} {
		if squeezed := squeeze(lines[i+1]); !strings.Contains(squeezed, squeeze(want)) {
			t.Errorf("%q does not say %q", lines[i+1], want)
		}
	}
	if !strings.Contains(lines[1], "High whistle 0.") {
		t.Errorf("%q lacks the second label", lines[1])
	}
	code, out, _ = earshot("classify", "--model", model, "--windows", "--hop", "64", "--top", "1", filepath.Join(dir, "a.wav"))
	if code != 0 || strings.Count(out, "\n") != 4 || !strings.Contains(out, "0.00–1.50 s  Low hum") || strings.Contains(out, "High whistle") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestClassifyJSON(t *testing.T) {
	dir, model := sounds(t)
	bad := filepath.Join(dir, "bad.wav")
	put(t, bad, []byte("RIFF, but no more"))
	code, out, errs := earshot("classify", "-m", model, "--json", "--windows", "--top", "0", "-j", "2", filepath.Join(dir, "sub"), bad, filepath.Join(dir, "a.wav"))
	if code != exitAudio || !strings.Contains(errs, bad) || !strings.Contains(errs, "1 of 3 files could not be classified") {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
	var got []clipJSON
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var c clipJSON
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
	}
	if len(got) != 3 || got[1].File != bad || got[1].Error == "" || got[1].Label != "" {
		t.Fatalf("%s", out)
	}
	for i, want := range map[int]string{0: "high", 2: "low"} {
		c := got[i]
		if c.Label != want || c.Score != c.Top[0].Score || len(c.Top) != 2 || c.Seconds != 2 || c.Used != len(c.Windows) || c.Windows[0].Peak == nil {
			t.Errorf("%+v, want %s", c, want)
		}
	}
}

// Each fault has one message and its exit code.
func TestClassifyFaults(t *testing.T) {
	dir, model := sounds(t)
	a := filepath.Join(dir, "a.wav")
	empty, corrupt, foreign := filepath.Join(dir, "empty"), filepath.Join(dir, "corrupt.onnx"), filepath.Join(dir, "foreign.onnx")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, corrupt, []byte("<html>"))
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = strings.Replace(gammatone.Default().Fingerprint(), "44100", "16000", 1)
	put(t, foreign, spec.Bytes())
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing", nil, exitUsage, "wants at least one FILE or FOLDER"},
		{"hop 0", []string{"--hop", "0", a}, exitUsage, "--hop 0: want 1 to 128 frames"},
		{"top", []string{"--top", "-1", a}, exitUsage, "--top -1"},
		{"jobs", []string{"--jobs", "-1", a}, exitUsage, "--jobs -1"},
		{"provider", []string{"--provider", "gpu", a}, exitConfig, "--provider"},
		{"provider that is not here", []string{"-m", model, "--provider", "tensorrt", a}, exitModel, "provider tensorrt"},
		{"no such model", []string{"-m", "/nonexistent.onnx", a}, exitModel, "/nonexistent.onnx"},
		{"corrupt model", []string{"-m", corrupt, a}, exitModel, "is text, want an ONNX file"},
		{"another front end", []string{"-m", foreign, a}, exitModel, "front"},
		{"no such file", []string{"-m", model, "/nonexistent.wav"}, exitAudio, "/nonexistent.wav"},
		{"empty folder", []string{"-m", model, empty}, exitAudio, "holds no file that ends in .wav"},
		{"not audio", []string{"-m", model, corrupt}, exitAudio, corrupt},
	} {
		code, out, errs := earshot(append([]string{"classify"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.want) || out != "" {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want %d, %q", c.name, code, out, errs, c.code, c.want)
		}
	}
}

// A folder of what a phone records is not passed over: where ffmpeg is missing, it is named.
func TestClassifyNamesFFmpeg(t *testing.T) {
	_, model := sounds(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "memo.m4a"), []byte("\x00\x00\x00\x20ftypM4A "), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "/nonexistent")
	code, _, errs := earshot("classify", "-m", model, dir)
	if code != exitAudio || !strings.Contains(errs, "it is MP4, M4A or QuickTime; want the Debian package ffmpeg") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}

func TestClassifyFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	dir, model := sounds(t)
	var errs bytes.Buffer
	code := execute([]string{"classify", "-m", model, filepath.Join(dir, "a.wav")}, nil, strings.NewReader(""), full, &errs)
	if code != exitFailure || !strings.Contains(errs.String(), "write results") {
		t.Errorf("exit code %d, %q", code, errs.String())
	}
}
