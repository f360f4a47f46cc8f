package rig

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	var p Promises
	var ran []string
	step := func(name string, run func() error) Step[*testing.T] {
		return Step[*testing.T]{name, func(*testing.T) (string, error) { ran = append(ran, name); return "", run() }}
	}
	broken := Rows(t, &p, []Step[*testing.T]{
		step("kept", func() error { return nil }),
		step("failed", func() error { p.Fail("%d of %d", 1, 2); return nil }),
		step("kept after", func() error { return nil }),
		step("ended", func() error { return errors.New("an error") }),
		step("left out", func() error { return errors.New("an error") }),
	}, regexp.MustCompile("^[^l]"))
	if broken != 2 || strings.Join(ran, ", ") != "kept, failed, kept after, ended" {
		t.Errorf("%d broken of %q", broken, ran)
	}
}

func TestThere(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("here", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, gone := "here", "gone"
	if err := There("thing", &here); err != nil || !filepath.IsAbs(here) {
		t.Errorf("%q, %v", here, err)
	}
	if err := There("thing", &here, &gone); err == nil || !strings.Contains(err.Error(), "`make thing`") {
		t.Errorf("want what makes it, got %v", err)
	}
}
