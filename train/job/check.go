package job

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"earshot/train/dataset"
)

// labelID is what the model file's contract, MQTT topics and Home Assistant take for a label.
var labelID = regexp.MustCompile(`^[a-z0-9_]{1,48}$`)

// Resolved looks at the data before anything is computed from it: it fills in
// the folds to learn from and refuses what would only fail at the end.
func (o Options) Resolved() (Options, error) {
	set, err := dataset.Load(o.Source.Set)
	if err != nil {
		return o, err
	}
	there := set.FoldNumbers()
	if len(o.Source.Train) == 0 {
		for _, f := range there {
			if !slices.Contains(o.Source.Test, f) {
				o.Source.Train = append(o.Source.Train, f)
			}
		}
		if len(o.Source.Train) == 0 {
			return o, fmt.Errorf("no folds to learn from: the data has folds %v and all are to test on", there)
		}
	}
	for _, f := range append(slices.Clone(o.Source.Train), o.Source.Test...) {
		if !slices.Contains(there, f) {
			return o, fmt.Errorf("fold %d holds no clips; there are folds %v", f, there)
		}
	}
	for i, l := range set.Labels {
		if !labelID.MatchString(l) {
			return o, fmt.Errorf("label %q: model files and MQTT want 1 to 48 of a–z, 0–9 and _; give it another name, as in --rename %q=doorbell", set.Names[i], l)
		}
	}
	return o, nil
}

// writable tries every file that the job is to write, so that no training ends
// with nowhere to put its result.
func (o Options) writable() error {
	seen := map[string]string{}
	for _, f := range []struct{ flag, path string }{{"--out", o.Out}, {"--checkpoint", o.checkpoint()}, {"--metrics", o.Metrics}, {"--report", o.Report}} {
		if f.path == "" {
			continue
		}
		path := filepath.Clean(f.path)
		if other, ok := seen[path]; ok {
			return fmt.Errorf("%s and %s are both %s; want two files", other, f.flag, f.path)
		}
		seen[path] = f.flag
		if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
			return fmt.Errorf("%s %s: something that is no file is there; want a file's name", f.flag, f.path)
		}
		if err := tryFolder(filepath.Dir(path)); err != nil {
			return fmt.Errorf("%s %s: %w; want a folder that exists and may be written", f.flag, f.path, err)
		}
	}
	return nil
}

// tryFolder makes a file in dir and removes it.
func tryFolder(dir string) error {
	if st, err := os.Stat(dir); err != nil {
		return fmt.Errorf("folder %s: %w", dir, cause(err))
	} else if !st.IsDir() {
		return fmt.Errorf("%s is no folder", dir)
	}
	t, err := os.CreateTemp(dir, ".earshot-try-*")
	if err != nil {
		return fmt.Errorf("folder %s: %w", dir, cause(err))
	}
	_ = t.Close()
	return os.Remove(t.Name())
}

// cause is a file error without the operation and name, which the message has already.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// keepOld moves the checkpoint of an earlier training out of the way, rather
// than write over what may have taken hours.
func (o Options) keepOld(ui UI) error {
	path := o.checkpoint()
	_, err := os.Stat(path)
	switch {
	case o.Resume && err != nil:
		ui.Print("note: there is no checkpoint %s yet: starting from the beginning", path)
	case !o.Resume && err == nil:
		ui.Print("note: the checkpoint of an earlier training is kept as %s.old", path)
		return os.Rename(path, path+".old")
	}
	return nil
}
