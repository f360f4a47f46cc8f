package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// clip is a file and what it holds.
type clip struct{ path, label string }

// choose takes each clips of a fold for each of labels, or of ESC-10 when none
// are given, so ordered that no label follows itself.
func choose(dir string, fold int, labels []string, each int) ([]clip, error) {
	path := filepath.Join(dir, "meta", "esc50.csv")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, name := range []string{"filename", "fold", "category", "esc10"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("%s has no column %q", path, name)
		}
	}
	esc10 := len(labels) == 0
	files := map[string][]string{}
	for _, row := range rows[1:] {
		label := row[column["category"]]
		if row[column["fold"]] != strconv.Itoa(fold) || esc10 && row[column["esc10"]] != "True" || !esc10 && !slices.Contains(labels, label) {
			continue
		}
		if esc10 && !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		files[label] = append(files[label], filepath.Join(dir, "audio", row[column["filename"]]))
	}
	slices.Sort(labels)
	var clips []clip
	for i := range each {
		for _, label := range labels {
			if len(files[label]) <= i {
				return nil, fmt.Errorf("%s has %d clips of %q in fold %d; want %d", path, len(files[label]), label, fold, each)
			}
			clips = append(clips, clip{files[label][i], label})
		}
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("%s has no clips in fold %d", path, fold)
	}
	return clips, nil
}

// classify asks the program what it says of the files themselves.
func classify(program, model string, clips []clip) (map[string]string, error) {
	args := []string{"classify", "--json", "--top", "1"}
	if model != "" {
		args = append(args, "--model", model)
	}
	for _, c := range clips {
		args = append(args, c.path)
	}
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s classify: %w", program, err)
	}
	named := map[string]string{}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var line struct{ File, Label string }
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%s classify said %q: %w", program, s.Text(), err)
		}
		named[line.File] = line.Label
	}
	return named, nil
}
