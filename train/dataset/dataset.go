// Package dataset finds labelled clips on disk: ESC's official layout
// (meta/esc50.csv, audio/*), UrbanSound8K's (metadata/UrbanSound8K.csv), a folder of
// folders (label/clip.*), or several together, and decides which fold each clip belongs to.
//
// It reads names and tables only; decoding is left to package features, which
// reports the clips that do not decode with the same [Broken] type.
package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Clip is one labelled sound file.
type Clip struct {
	Path   string // where to read it
	Name   string // unique within the set, for tables: "1-100032-A-0.ogg", "doorbell/ring 3.flac"
	Label  int    // index into Set.Labels
	Fold   int    // 1 … k
	Source string // recording the clip was cut from; clips of one source share a fold

	Licence, Author, Title, URL string // as meta/licences.csv gives them; Licence is [LicenceOwn] where nothing is stated in a folder layout

	ESC10 bool // belongs to the ESC-10 subset
	ESC   bool // comes from an ESC layout, not from a folder of folders

	contentKey string // SHA-256 of a folder clip; copies of one file share a fold
}

// Broken is a clip (or a table row) that cannot be used, and why.
type Broken struct {
	Path string
	Err  error
}

func (b Broken) String() string { return fmt.Sprintf("%s: %v", b.Path, b.Err) }

// Set is what [Load] found.
type Set struct {
	Labels   []string // ids: ESC's in target order, then the folders' in alphabetical order
	Names    []string // display names, parallel to Labels: "Dog", "Door knock"
	Clips    []Clip   // in a stable order: by directory as given, then by name
	Broken   []Broken // missing files, empty files, malformed rows
	Warnings []string // what the user should know but need not stop for
	Excluded int      // clips left out by the licence filter
}

// Options says what to load. Only Dirs is required.
type Options struct {
	Dirs     []string          // each a data set known by its table, in it or one level down, or a folder of folders
	ESC10    bool              // of ESC layouts take the ESC-10 clips only
	Labels   []string          // subset, after renaming; nil takes all
	Rename   map[string]string // label id or folder name → new name; two labels renamed alike become one
	Licences []string          // allow-list, case-insensitive ("CC0", "CC-BY", "own"); nil takes all
	Folds    int               // k for folder layouts; 0: the largest fold of the ESC layout beside it, or 5

	// MinLabels is the fewest labels that make a task; 0 means 2. Fine-tuning
	// sets 1, where the old model brings the other labels.
	MinLabels int
}

// Load reads every directory of o and merges them into one set. An error means
// that nothing can be trained from what was found; single bad files are
// returned in Set.Broken instead.
func Load(o Options) (*Set, error) {
	if len(o.Dirs) == 0 {
		return nil, fmt.Errorf("load data: no directory given; want an ESC layout (meta/esc50.csv, audio/) or a folder with one sub-folder a label")
	}
	s := &Set{}
	var found []entry
	read := map[string]bool{}
	for _, dir := range o.Dirs {
		if real := resolve(filepath.Clean(dir)); read[real] {
			return nil, fmt.Errorf("load data: %q is given twice; give each directory once", dir)
		} else {
			read[real] = true
		}
		entries, broken, err := loadDir(dir, o)
		if err != nil {
			return nil, err
		}
		found = append(found, entries...)
		s.Broken = append(s.Broken, broken...)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("load data from %s: no usable clip%s", quoteAll(o.Dirs), brokenHint(s.Broken))
	}
	found, excluded, err := filterLicences(found, o.Licences)
	if err != nil {
		return nil, err
	}
	s.Excluded = excluded
	if err := s.label(found, o); err != nil {
		return nil, err
	}
	if err := s.uniqueNames(o.Dirs); err != nil {
		return nil, err
	}
	warnings, err := assignFolds(s, o.Folds)
	if err != nil {
		return nil, err
	}
	s.Warnings = append(s.Warnings, warnings...)
	return s, nil
}

// entry is a clip before labels have indices.
type entry struct {
	Clip
	id, name string // label id and display name
	order    int    // sorting key among labels: ESC target, or folderOrder
	dir      string
}

// Folds returns the clips of the given folds, in the set's order.
func (s *Set) Folds(folds ...int) []Clip {
	var out []Clip
	for _, c := range s.Clips {
		if slices.Contains(folds, c.Fold) {
			out = append(out, c)
		}
	}
	return out
}

// FoldNumbers returns the folds that hold clips, ascending.
func (s *Set) FoldNumbers() []int {
	var out []int
	for _, c := range s.Clips {
		if !slices.Contains(out, c.Fold) {
			out = append(out, c.Fold)
		}
	}
	sort.Ints(out)
	return out
}

// ESCLabels marks the labels that ESC clips carry: the ones ESC figures are
// computed over.
func (s *Set) ESCLabels() []bool {
	out := make([]bool, len(s.Labels))
	for _, c := range s.Clips {
		if c.ESC {
			out[c.Label] = true
		}
	}
	return out
}

// Digest identifies the set for provenance: SHA-256 over the labels and over
// every clip's name, label and fold. It does not depend on where the set lies.
func (s *Set) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "labels %q\n", s.Labels)
	rows := make([]string, len(s.Clips))
	for i, c := range s.Clips {
		rows[i] = fmt.Sprintf("%q %d %d\n", c.Name, c.Label, c.Fold)
	}
	sort.Strings(rows)
	for _, r := range rows {
		h.Write([]byte(r))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// uniqueNames prefixes names that occur in two directories with the
// directory's base name, so that a table row always means one clip.
func (s *Set) uniqueNames(dirs []string) error {
	seen := map[string]string{}
	for i := range s.Clips {
		c := &s.Clips[i]
		if _, dup := seen[c.Name]; dup {
			c.Name = filepath.Base(dirOf(c.Path, dirs)) + "/" + c.Name
		}
		if first, dup := seen[c.Name]; dup {
			return fmt.Errorf("load data: %q and %q are both clip %q; give each directory once, with different base names", first, c.Path, c.Name)
		}
		seen[c.Name] = c.Path
	}
	return nil
}

func dirOf(path string, dirs []string) string {
	for _, d := range dirs {
		if rel, err := filepath.Rel(d, path); err == nil && !strings.HasPrefix(rel, "..") {
			return d
		}
	}
	return filepath.Dir(path)
}

func quoteAll(list []string) string {
	q := make([]string, len(list))
	for i, s := range list {
		q[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(q, ", ")
}

func brokenHint(b []Broken) string {
	if len(b) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d broken, first: %v)", len(b), b[0])
}
