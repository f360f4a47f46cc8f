package cli

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/internal/test/tinysounds"
)

// learnCommand runs earshot in this process with the flags that keep a training small.
func learnCommand(t *testing.T, args ...string) (code int, text string) {
	t.Helper()
	var out bytes.Buffer
	code = execute(args, nil, strings.NewReader(""), &out, &out)
	return code, out.String()
}

// tiny are the flags of a training that takes a second.
var tiny = []string{"--width", "0.1", "--epochs", "1", "--batch", "6", "--background-clips", "6", "--without", "all", "--threads", "1"}

// leftovers lists the files below dir that are not recordings or of the cache.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) != ".wav" && !strings.Contains(path, "/cache/") {
			out = append(out, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTrainRefuses holds that what cannot work is said in one clear line, with
// its exit code, and leaves no file behind.
func TestTrainRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	tinysounds.Folder(t, at("three"), 4, "bell", "kettle", "drill")
	tinysounds.Folder(t, at("one"), 4, "bell")
	tinysounds.Folder(t, at("cyrillic"), 2, "звонок", "bell")
	tinysounds.Folder(t, at("punctuation"), 2, "!?", "bell")
	tinysounds.Folder(t, at("alike"), 2, "Door bell", "door_bell", "drill")
	tinysounds.Folder(t, at("torn"), 2, "bell", "drill")
	garbage := []byte("this is no sound and no model")
	for name, b := range map[string][]byte{"torn/bell/bad.wav": garbage, "garbage.onnx": garbage, "file": nil, "cut.checkpoint": []byte("earshot checkpoint 1\nxx")} {
		if err := os.WriteFile(at(name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"empty", "folder.onnx"} {
		if err := os.Mkdir(at(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	before := leftovers(t, dir)

	three := []string{"--data", at("three")}
	out := []string{"--out", at("m.onnx")}
	with := func(parts ...[]string) []string {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no data", out, exitUsage, []string{"data"}},
		{"no model named", three, exitUsage, []string{"out"}},
		{"no such folder", with([]string{"--data", at("nowhere")}, out), exitFailure, []string{"nowhere", "no such file"}},
		{"empty folder", with([]string{"--data", at("empty")}, out), exitFailure, []string{at("empty"), "no labelled clip", "label/clip.wav"}},
		{"one class", with([]string{"--data", at("one")}, out), exitFailure, []string{"one class only", "bell", "at least 2"}},
		{"label of another script", with([]string{"--data", at("cyrillic")}, out), exitFailure, []string{"звонок", "--rename"}},
		{"label without letters", with([]string{"--data", at("punctuation")}, out), exitFailure, []string{"!?", "letter or digit"}},
		{"labels alike", with([]string{"--data", at("alike")}, out), exitFailure, []string{"Door bell", "door_bell", "same label"}},
		{"unreadable clip, strict", with([]string{"--data", at("torn"), "--strict"}, out), exitFailure, []string{"bad.wav", "--strict"}},
		{"no folder for the model", with(three, []string{"--out", at("nowhere/m.onnx")}), exitFailure, []string{"--out", "nowhere", "folder that exists"}},
		{"a file for a folder", with(three, []string{"--out", at("file/m.onnx")}), exitFailure, []string{"--out", "file", "folder"}},
		{"the model is a folder", with(three, []string{"--out", at("folder.onnx")}), exitFailure, []string{"folder.onnx", "no file"}},
		{"no folder for the report", with(three, out, []string{"--report", at("nowhere/r.html")}), exitFailure, []string{"--report", "nowhere"}},
		{"two outputs in one", with(three, out, []string{"--metrics", at("m.onnx")}), exitFailure, []string{"--metrics", "--out", "two files"}},
		{"unknown recipe", with(three, out, []string{"--recipe", "magic"}), exitUsage, []string{"magic", "default, paper or finetune"}},
		{"unknown attention", with(three, out, []string{"--attention", "l3"}), exitUsage, []string{"l3", "l10"}},
		{"unknown weights", with(three, out, []string{"--weights", "int4"}), exitUsage, []string{"int4", "int8"}},
		{"unknown optimiser", with(three, out, []string{"--optimiser", "lion"}), exitUsage, []string{"lion", "adamw"}},
		{"unknown augmentation", with(three, out, []string{"--without", "gravity"}), exitUsage, []string{"gravity", "stretch"}},
		{"unknown licence", with(three, out, []string{"--licence", "GPL"}), exitFailure, []string{"GPL", "own"}},
		{"unknown label", with(three, out, []string{"--labels", "cat,bell"}), exitFailure, []string{"cat", "kettle"}},
		{"no epochs", with(three, out, []string{"--epochs", "0"}), exitUsage, []string{"epochs 0"}},
		{"no width", with(three, out, []string{"--width", "0"}), exitFailure, []string{"width 0"}},
		{"no background clips", with(three, out, []string{"--background-clips", "0"}), exitUsage, []string{"--background-clips 0"}},
		{"overlapping folds", with(three, out, []string{"--folds", "1,2", "--test", "2"}), exitUsage, []string{"fold 2", "both"}},
		{"no such fold", with(three, out, []string{"--folds", "1,2", "--test", "9"}), exitFailure, []string{"fold 9", "there are folds"}},
		{"every fold to test on", with(three, out, []string{"--test", "1,2,3,4,5"}), exitFailure, []string{"no folds to learn from"}},
		{"no model to start from", with(three, out, []string{"--init", at("none.onnx")}), exitModel, []string{"none.onnx", "no such file"}},
		{"garbage to start from", with(three, out, []string{"--init", at("garbage.onnx")}), exitModel, []string{"garbage.onnx"}},
		{"another floor", with(three, out, []string{"--init", "builtin", "--floor", "1e-7"}), exitModel, []string{"floor", "--floor 1e-05"}},
		{"garbage to calibrate from", with(three, out, []string{"--calibration-from", at("garbage.onnx")}), exitModel, []string{"garbage.onnx"}},
		{"a cut checkpoint", with(three, out, []string{"--resume", "--checkpoint", at("cut.checkpoint")}), exitFailure, []string{"cut.checkpoint", "checkpoint"}},
		{"arguments", with(three, out, []string{"more"}), exitUsage, []string{"takes no arguments"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"train", "--cache", at("cache")}, c.args...)
			for i := 0; i < len(tiny); i += 2 {
				if !strings.Contains(strings.Join(c.args, " "), tiny[i]) {
					args = append(args, tiny[i], tiny[i+1])
				}
			}
			code, text := learnCommand(t, args...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("says\n%s\nwithout %q", text, want)
				}
			}
			if n := strings.Count(text, "earshot: "); n != 1 {
				t.Errorf("%d messages, want 1:\n%s", n, text)
			}
			if now := leftovers(t, dir); len(now) != len(before) {
				t.Errorf("leaves files behind: %q, before there were %q", now, before)
			}
		})
	}
}

func TestEvalRefuses(t *testing.T) {
	dir := t.TempDir()
	tinysounds.Folder(t, filepath.Join(dir, "three"), 2, "bell", "dog")
	if err := os.WriteFile(filepath.Join(dir, "garbage.onnx"), []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"no data", nil, exitUsage, []string{"data"}},
		{"no such folder", []string{"--data", filepath.Join(dir, "nowhere")}, exitFailure, []string{"nowhere", "no such file"}},
		{"a label that the model does not know", []string{"--data", filepath.Join(dir, "three")}, exitFailure, []string{"does not know bell", "--labels"}},
		{"no such fold", []string{"--data", filepath.Join(dir, "three"), "--labels", "dog", "--folds", "9"}, exitFailure, []string{"[9]", "there are folds"}},
		{"no model", []string{"--data", filepath.Join(dir, "three"), "--model", filepath.Join(dir, "none.onnx")}, exitModel, []string{"none.onnx", "no such file"}},
		{"garbage", []string{"--data", filepath.Join(dir, "three"), "--model", filepath.Join(dir, "garbage.onnx")}, exitModel, []string{"garbage.onnx"}},
		{"hop", []string{"--data", filepath.Join(dir, "three"), "--hop", "200"}, exitUsage, []string{"--hop 200", "1 to 128"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, text := learnCommand(t, append([]string{"eval", "--cache", filepath.Join(dir, "cache")}, c.args...)...)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("says\n%s\nwithout %q", text, want)
				}
			}
		})
	}
}

// floatWAV is a 32-bit float WAV file, samples as they are.
func floatWAV(x []float32) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+4*len(x)))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(3), uint16(1), uint32(tinysounds.Rate), uint32(4 * tinysounds.Rate), uint16(4), uint16(32)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(4*len(x)))
	_ = binary.Write(&b, binary.LittleEndian, x)
	return b.Bytes()
}

// TestTrainEvalAndOn goes the whole way with a tiny network: train, eval,
// card, int8, new labels from one's own clips alone, and from all clips, resume.
func TestTrainEvalAndOn(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	tinysounds.Folder(t, at("a"), 4, "Türklingel (unten)", "kettle", "drill")
	// Clips that are no use, or little: each is listed or padded, none stops the run.
	short := tinysounds.Sound("kettle", 9)
	tinysounds.Write(t, at("a/kettle/short.wav"), short[:20000]) // half a window
	tinysounds.Write(t, at("a/kettle/click.wav"), short[:500])   // less than a frame
	broken := tinysounds.Sound("drill", 9)
	broken[1000], broken[2000] = float32(math.NaN()), float32(math.Inf(1))
	for name, b := range map[string][]byte{"a/drill/nan.wav": floatWAV(broken), "a/drill/bad.wav": []byte("RIFF, but no sound"), "a/drill/none.wav": nil} {
		if err := os.WriteFile(at(name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tinysounds.Folder(t, at("b"), 4, "whistle")
	run := func(want int, args ...string) string {
		t.Helper()
		code, text := learnCommand(t, args...)
		if code != want {
			t.Fatalf("%q: exit code %d, want %d:\n%s", args, code, want, text)
		}
		return text
	}
	says := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("says\n%s\nwithout %q", text, w)
			}
		}
	}
	small := append([]string{"--cache", at("cache"), "--test", "4", "--no-verify"}, tiny...) // the second opinion is train/job's to test
	train := func(want int, args ...string) string {
		t.Helper()
		return run(want, append(append([]string{"train"}, args...), small...)...)
	}

	text := train(exitOK, "--data", at("a"), "--out", at("a.onnx"), "--report", at("a.html"), "--metrics", at("a.jsonl"), "--eval-every", "1", "--weights", "fp32")
	says(text, "left out: "+at("a/kettle/click.wav"), "nan.wav", "left out: "+at("a/drill/bad.wav"), "none.wav", "4 labels", "epoch 1:", "model "+at("a.onnx"), "report")
	m, err := infer.LoadModel(at("a.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(m.Labels, " "); got != "drill kettle turklingel_unten background" || m.Names["turklingel_unten"] != "Türklingel (unten)" {
		t.Errorf("labels %q, names %q", got, m.Names)
	}
	says(run(exitOK, "eval", "--data", at("a"), "--folds", "4", "--model", at("a.onnx"), "--cache", at("cache")), "clips right", "M parameters", "kettle")
	says(run(exitOK, "model", at("a.onnx")), "# Model card", "weights in fp32", "`turklingel_unten`", "Türklingel (unten)", "| own |")
	says(run(exitOK, "model", at("a.onnx"), "--convert", "int8", "--data", at("a"), "--test", "4", "-o", at("int8.onnx"), "--cache", at("cache")), "int8", "ms a window", "test clips")
	says(run(exitOK, "model", at("int8.onnx")), "convolutions in int8", "fp32 to int8")
	says(run(exitModel, "model", at("int8.onnx"), "--convert", "fp32", "-o", at("x.onnx")), "cannot be undone")
	says(run(exitUsage, "model", at("a.onnx"), "--convert", "int8", "-o", at("x.onnx")), "--data")

	// One's own clips alone: the rest of the network stays as it is.
	text = train(exitOK, "--data", at("b"), "--init", at("a.onnx"), "--out", at("b.onnx"))
	says(text, "no recordings of drill, kettle, turklingel_unten", "only the last layer's weights of whistle are learned", "rehearsed 16 remembered windows", "5 labels")
	if strings.Contains(text, "carries no memory") {
		t.Errorf("a model with a memory is said to have none:\n%s", text)
	}
	says(train(exitFailure, "--data", at("b"), "--init", at("a.onnx"), "--out", at("no.onnx"), "--weights", "int8"), "int8 without recordings of drill")
	// All clips at hand: the trunk learns too, and the old labels are compared.
	text = train(exitOK, "--data", at("a"), "--data", at("b"), "--init", at("b.onnx"), "--out", at("c.onnx"), "--weights", "int8")
	says(text, "labels it knew", "int8", "epoch 1:")

	// Resume: the finished training of a has nothing left to do and gives the same network.
	text = train(exitOK, "--data", at("a"), "--out", at("again.onnx"), "--checkpoint", at("a.onnx.checkpoint"), "--resume", "--eval-every", "1", "--weights", "fp32")
	says(text, "model "+at("again.onnx"))
	again, err := infer.LoadModel(at("again.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if again.SHA256 != m.SHA256 {
		t.Error("resuming a finished training gives another network")
	}
	says(train(exitFailure, "--data", at("a"), "--out", at("no.onnx"), "--checkpoint", at("a.onnx.checkpoint"), "--resume", "--attention", "none"), "a.onnx.checkpoint", "network", "--resume")
	says(train(exitOK, "--data", at("a"), "--out", at("a.onnx"), "--no-background"), "earlier training is kept as")
	for _, left := range leftovers(t, dir) {
		if strings.Contains(left, "tmp") || strings.Contains(left, "try") || left == "no.onnx" || left == "x.onnx" {
			t.Errorf("left behind: %s", left)
		}
	}
}
