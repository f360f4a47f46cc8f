package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// layouts are the data sets known by their table, and how each is read.
var layouts = []struct {
	table string
	load  func(dir string, o Options) ([]entry, []Broken, error)
}{
	{escTable, loadESC},
	{urbanTable, loadUrban},
}

// loadDir reads a directory by the table that it has, or that its one sub-folder with a table has (archives are
// unpacked with a folder around them); without any it is a folder of folders.
func loadDir(dir string, o Options) ([]entry, []Broken, error) {
	for _, l := range layouts {
		if exists(filepath.Join(dir, l.table)) {
			return l.load(dir, o)
		}
	}
	for _, l := range layouts {
		below, err := filepath.Glob(filepath.Join(globbed.Replace(dir), "*", l.table))
		if err != nil || len(below) == 0 {
			continue
		}
		if len(below) > 1 {
			return nil, nil, fmt.Errorf("load data: %q holds %d data sets (%q, %q …); give each with --data", dir, len(below), below[0], below[1])
		}
		return l.load(strings.TrimSuffix(below[0], "/"+l.table), o)
	}
	return loadFolders(dir, o)
}

// globbed keeps a path as it is in a pattern.
var globbed = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`)

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// notSound are folders that systems and archives leave everywhere.
var notSound = map[string]bool{"__macosx": true, "@eadir": true, "recycle": true, "#recycle": true, "$recycle.bin": true, "@recycle": true,
	"lost+found": true, "system volume information": true}

// passedOver tells whether a folder is none of the user's labels.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || notSound[strings.ToLower(name)]
}

// container is what parts of data sets are called, and sounds hardly ever.
var container = regexp.MustCompile(`(?i)^(train(ing)?|test(ing)?|eval(uation)?|val(id(ation)?)?|dev|fold[ _-]?\d+|split[ _-]?\d+|audio|clips?|data(set)?|wavs?|sounds?)$`)

// checkLabel refuses a folder that holds labels rather than being one. Whoever means it renames it, if only to itself.
func checkLabel(dir, name string, o Options) error {
	if _, meant := o.Rename[name]; meant || !container.MatchString(name) {
		return nil
	}
	return fmt.Errorf("load data: %q in %q looks like a part of a data set, not like a label; give --data %q, where its labels are, or --rename %s=NAME if it is one",
		name, dir, filepath.Join(dir, name), name)
}
