package audio

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWritePulled holds that a sound made as it is written reads back as the
// same sound written whole.
func TestWritePulled(t *testing.T) {
	x := make([]float32, 3*flacBlock+17)
	for i := range x {
		x[i] = float32(i*7919%2000-1000) / 1001
	}
	dir := t.TempDir()
	for _, name := range []string{"a.flac", "a.WAV"} {
		whole, pulled := filepath.Join(dir, "whole"), filepath.Join(dir, name)
		if err := WriteFLAC(whole, x, 16000); err != nil {
			t.Fatal(err)
		}
		at := 0
		err := WritePulled(pulled, int64(len(x)), 16000, func(dst []float32) error {
			at += copy(dst, x[at:])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := ReadMono(whole, 16000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadMono(pulled, 16000)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d samples, want the %d written", name, len(got), len(want))
		}
	}
}

// A sound that cannot be made leaves no file.
func TestWritePulledFails(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	if err := WritePulled(filepath.Join(dir, "a.flac"), 10000, 44100, func([]float32) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("%v, want %v", err, broken)
	}
	fill := func([]float32) error { return nil }
	for path, want := range map[string]string{"a.mp3": "ends in .flac or .wav", "a": "ends in .flac or .wav"} {
		if err := WritePulled(filepath.Join(dir, path), 10, 44100, fill); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if err := WritePulled(filepath.Join(dir, "a.wav"), 1<<31, 44100, fill); err == nil || !strings.Contains(err.Error(), "FLAC") {
		t.Errorf("too long for WAV: %v", err)
	}
	if err := WritePulled(filepath.Join(dir, "a.wav"), 0, 44100, fill); err == nil {
		t.Error("no samples: no error")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}
