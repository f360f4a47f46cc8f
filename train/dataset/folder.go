package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"earshot/internal/readfile"

	"golang.org/x/text/unicode/norm"

	"earshot/internal/audio"
)

// freesoundName is how Freesound names its downloads: id__author__title.wav.
var freesoundName = regexp.MustCompile(`^(\d+)__`)

// takeSuffix is what recorders and editors append to pieces of one recording:
// "porch part 2", "porch_seg03", "porch-take4", "porch (3)", "porch__5".
// A bare number is not enough: rec_0001 and rec_0002 are two recordings.
var takeSuffix = regexp.MustCompile(`(?i)(?:[ _-]*(?:part|seg|segment|take|chunk|slice)[ _-]*\d+|[ _-]*\(\d+\)|__.+)$`)

// loadFolders reads a folder of folders: dir/label/clip.* is one recording a
// file, dir/label/recording/clip.* is one recording a sub-folder. An optional
// dir/licences.csv (or dir/meta/licences.csv) has the columns of ESC's, with
// filename as label/clip.
func loadFolders(dir string, o Options) ([]entry, []Broken, error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("load data: %w", err)
	}
	licences, err := folderLicences(dir)
	if err != nil {
		return nil, nil, err
	}
	var out []entry
	var broken []Broken
	loose := 0
	folderOf := map[string]string{} // id → folder name
	for _, f := range folders {
		name := f.Name()
		if passedOver(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.IsDir() {
			if audio.IsSoundName(name) {
				loose++
			}
			continue
		}
		id := ID(name)
		if id == "" {
			return nil, nil, fmt.Errorf("load data: folder %q in %q: a label needs at least one letter or digit", name, dir)
		}
		clips, bad, err := folderClips(dir, name, licences)
		if err != nil {
			return nil, nil, err
		}
		broken = append(broken, bad...)
		if len(clips) == 0 {
			continue
		}
		if err := checkLabel(dir, name, o); err != nil {
			return nil, nil, err
		}
		if other, dup := folderOf[id]; dup {
			return nil, nil, fmt.Errorf("load data: folders %q and %q in %q are the same label %q; join them or rename one", other, name, dir, id)
		}
		folderOf[id] = name
		for _, c := range clips {
			out = append(out, entry{Clip: c, id: id, name: DisplayName(name), order: folderOrder, dir: dir})
		}
	}
	if len(out) == 0 {
		hint := "want dir/label/clip.wav (.flac, .mp3, .m4a, …), ESC's " + escTable + " or UrbanSound8K's " + urbanTable
		if loose > 0 {
			hint = fmt.Sprintf("it holds %d sound files itself; put them into one sub-folder a label", loose)
		}
		return nil, nil, fmt.Errorf("load data: folder %q has no labelled clip%s; %s", dir, brokenHint(broken), hint)
	}
	return out, broken, nil
}

func folderLicences(dir string) (map[string]licence, error) {
	for _, p := range []string{"licences.csv", "meta/licences.csv"} {
		l, err := readLicences(filepath.Join(dir, p))
		if l != nil || err != nil {
			return l, err
		}
	}
	return nil, nil
}

// folderClips walks one label's folder.
func folderClips(dir, label string, licences map[string]licence) ([]Clip, []Broken, error) {
	var out []Clip
	var broken []Broken
	root := filepath.Join(dir, label)
	err := filepath.WalkDir(resolve(root), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			broken = append(broken, Broken{path, err})
			return nil
		}
		if path != resolve(root) && passedOver(d.Name()) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() || !audio.IsSoundName(path) { // pictures, notes, .DS_Store
			return nil
		}
		rel, err := filepath.Rel(resolve(root), path)
		if err != nil {
			return err
		}
		hash, err := contentHash(path)
		if err != nil {
			broken = append(broken, Broken{path, err})
			return nil
		}
		name := norm.NFC.String(filepath.ToSlash(filepath.Join(label, rel)))
		c := Clip{Path: path, Name: name, Source: recording(dir, label, rel), Licence: LicenceOwn}
		if l, ok := licences[stem(name)]; ok {
			c.Licence, c.Author, c.Title, c.URL = l.Licence, l.Author, l.Title, l.URL
		}
		c.contentKey = hash
		out = append(out, c)
		return nil
	})
	return out, broken, err
}

// resolve follows a label folder that is a symbolic link; WalkDir would not.
func resolve(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

// recording names the recording that a clip was cut from: its sub-folder, its
// Freesound id, or its name without a take suffix.
func recording(dir, label, rel string) string {
	if sub := filepath.Dir(rel); sub != "." {
		return filepath.Join(dir, label, sub)
	}
	base := stem(filepath.Base(rel))
	if m := freesoundName.FindStringSubmatch(base); m != nil {
		return "freesound:" + m[1]
	}
	if cut := takeSuffix.ReplaceAllString(base, ""); cut != "" {
		base = cut
	}
	return filepath.Join(dir, label, base)
}

// contentHash is the file's SHA-256: two copies of one file are one recording.
func contentHash(path string) (string, error) {
	f, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", errors.New("file is empty")
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
