package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/streams"
	"earshot/internal/audio"
)

// evening is 20 s of silence with a low tone from 4 to 7 s and a high one from 12 to 14 s.
func evening(t *testing.T, path string) {
	t.Helper()
	x := make([]float32, 20*44100)
	for i := range x {
		s, hz := float64(i)/44100, 0.0
		switch {
		case s >= 4 && s < 7:
			hz = 200
		case s >= 12 && s < 14:
			hz = 8000
		}
		x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*s))
	}
	if err := audio.WriteWAV16(path, x, 44100); err != nil {
		t.Fatal(err)
	}
}

func TestEvalStream(t *testing.T) {
	dir, model := sounds(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	evening(t, at("evening.wav"))
	put(t, at("evening.txt"), []byte("4\t7\tlow\n12\t14\tHigh\n15\t15.5\tlwo\n"))
	put(t, at("all.tsv"), []byte("filename\tonset\toffset\tevent_label\nevening.wav\t4\t7\tlow\n"))
	common := []string{"eval", "--model", model, "--hop", "16"}
	run := func(args ...string) (code int, out, errs string) { return earshot(append(common, args...)...) }

	code, out, errs := run("--stream", at("evening.wav"), "--none", at("sub"), "--json", "--report", at("r.html"))
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if !strings.Contains(errs, `label "lwo": the model does not know it: not counted; did you mean low?`) {
		t.Errorf("the unknown label is not told: %s", errs)
	}
	var e struct {
		HopFrames int `json:"hop_frames"`
		streams.Result
	}
	if err := json.Unmarshal([]byte(out), &e); err != nil {
		t.Fatal(err)
	}
	if e.All.References != 2 || e.All.Heard != 2 || len(e.Kinds) != 2 || e.Kinds[1].All.False != 1 || e.Kinds[0].All.False != 0 || e.HopFrames != 16 {
		t.Errorf("%+v", e.Result)
	}
	page, err := os.ReadFile(at("r.html"))
	if err != nil || !strings.Contains(string(page), "false events an hour") || strings.Count(string(page), "<svg") != 2 {
		t.Errorf("report: %v, %d bytes", err, len(page))
	}

	code, out, errs = run("--stream", at("evening.wav"), "--labels", at("all.tsv"))
	if code != exitOK || !strings.Contains(out, "together") || !strings.Contains(out, "PSDS") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "no label file beside it", []string{"--stream", at("a.wav")}},
		{exitUsage, "2 label files", []string{"--stream", at("a.wav"), "--labels", "x,y"}},
		{exitFailure, `says nothing about "a.wav"`, []string{"--stream", at("a.wav"), "--labels", at("all.tsv")}},
		{exitUsage, "give one of them", []string{"--stream", at("a.wav"), "--data", dir}},
		{exitFailure, "no such file", []string{"--stream", at("evening.wav"), "--labels", at("none")}},
		{exitConfig, "does not exist", []string{"--none", at("sub"), "--config", at("none.yaml")}},
	} {
		if code, _, errs := run(c.args...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
}

func TestMix(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"clips/low/a.wav", "clips/low/b.wav", "clips/high/c.wav", "bed/d.wav"} {
		if err := os.MkdirAll(filepath.Dir(at(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		evening(t, at(name))
	}
	mix := func(args ...string) (int, string, string) {
		return earshot(append([]string{"mix", "--clips", at("clips"), "--minutes", "0.5", "--density", "240/h"}, args...)...)
	}
	code, out, errs := mix("--background", at("bed"), "--snr", "-5:20", "--reverb", "--distance", "--band", "8000", "--out", at("scene.wav"))
	if code != exitOK || !strings.Contains(out, "2 events") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	for _, name := range []string{"scene.wav", "scene.tsv", "scene.json"} {
		if info, err := os.Stat(at(name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "ends in .flac or .wav", []string{"--out", at("scene.mp3")}},
		{exitUsage, `--snr "x": want two numbers`, []string{"--snr", "x", "--out", at("y.wav")}},
		{exitUsage, `--density "many"`, []string{"--density", "many", "--out", at("y.wav")}},
		{exitUsage, `band "aac": there is no encoder`, []string{"--band", "aac", "--out", at("y.wav")}},
		{exitUsage, "--folds 9", []string{"--folds", "9", "--out", at("y.wav")}},
		{exitFailure, `label "dog"`, []string{"--labels", "dog", "--out", at("y.wav")}},
		{exitAudio, "holds no file", []string{"--background", t.TempDir(), "--out", at("y.wav")}},
	} {
		if code, _, errs := mix(c.args...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", c.args, code, errs, c.code, c.want)
		}
		if _, err := os.Stat(at("y.wav")); err == nil {
			t.Errorf("%q left a file", c.args)
		}
	}
}

// TestEvalAlarms: clips are heard one after another by the daemon's path, and noise after them.
func TestEvalAlarms(t *testing.T) {
	dir, model := sounds(t)
	data := filepath.Join(dir, "data")
	for label, hz := range map[string]float64{"low": 200, "high": 8000} {
		if err := os.MkdirAll(filepath.Join(data, label), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 12 {
			x := make([]float32, 5*44100)
			for k := range x[:2*44100] {
				x[44100+k] = float32(0.3 * math.Sin(2*math.Pi*(hz+float64(i))*float64(k)/44100))
			}
			if err := audio.WriteWAV16(filepath.Join(data, label, strings.Repeat("x", i+1)+".wav"), x, 44100); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(more ...string) (e struct {
		Alarms struct {
			Clips   int
			Hundred float64 `json:"false_per_100_clips"`
			streams.Result
		}
	}) {
		t.Helper()
		code, out, errs := earshot(append([]string{"eval", "--data", data, "--model", model, "--alarms", "--noise-minutes", "1", "--all-labels", "--json"}, more...)...)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		if err := json.Unmarshal([]byte(out), &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	a := count().Alarms
	if clips := a.Kinds[0]; a.Clips != 24 || clips.Files != 2 || clips.All.References != 24 || clips.All.Heard != 24 || clips.All.False != 0 || a.Kinds[1].Hours*60 < 0.99 {
		t.Errorf("%+v", a)
	}
	if gated := count("--gate").Alarms; gated.Kinds[0].All.Heard != 24 || gated.Kinds[0].All.False != 0 {
		t.Errorf("gated: %+v", gated.Kinds[0].All)
	}
	if code, _, errs := earshot("eval", "--data", data, "--model", model, "--bands", "8000,narrow"); code != exitUsage || !strings.Contains(errs, "want a sample rate") {
		t.Errorf("a band that there is not: exit code %d, %s", code, errs)
	}
	if code, _, errs := earshot("eval", "--data", data, "--model", model, "--alarms", "--noise-minutes", "-1"); code != exitUsage || !strings.Contains(errs, "want 0 to 1440") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
