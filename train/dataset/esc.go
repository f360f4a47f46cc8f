package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"earshot/internal/readfile"
)

const escTable = "meta/esc50.csv"

// loadESC reads the official table (K. J. Piczak, "ESC: Dataset for
// Environmental Sound Classification", ACM MM 2015). The clips may be the
// first release's Ogg or the second's WAV, whatever the table calls them.
func loadESC(dir string, o Options) ([]entry, []Broken, error) {
	path := filepath.Join(dir, escTable)
	rows, err := readTable(path, "filename", "fold", "target", "category", "esc10", "src_file")
	if err != nil {
		return nil, nil, err
	}
	licences, err := readLicences(filepath.Join(dir, "meta/licences.csv"))
	if err != nil {
		return nil, nil, err
	}
	if licences == nil && len(o.Licences) > 0 {
		return nil, nil, fmt.Errorf("licence filter on %q: there is no meta/licences.csv to filter by", dir)
	}
	var out []entry
	var broken []Broken
	for i, r := range rows {
		fold, err1 := strconv.Atoi(r["fold"])
		target, err2 := strconv.Atoi(r["target"])
		if err := errors.Join(err1, err2); err != nil || fold < 1 || target < 0 || r["category"] == "" {
			broken = append(broken, Broken{fmt.Sprintf("%s:%d", path, i+2), fmt.Errorf("want fold ≥ 1, target ≥ 0 and a category, have fold %q, target %q, category %q", r["fold"], r["target"], r["category"])})
			continue
		}
		esc10 := strings.EqualFold(r["esc10"], "true")
		if o.ESC10 && !esc10 {
			continue
		}
		file, err := findAudio(filepath.Join(dir, "audio"), r["filename"])
		if err != nil {
			broken = append(broken, Broken{filepath.Join(dir, "audio", r["filename"]), err})
			continue
		}
		c := Clip{
			Path: file, Name: r["filename"], Fold: fold,
			Source: "freesound:" + r["src_file"], ESC10: esc10, ESC: true,
		}
		l := licences[stem(r["filename"])]
		c.Licence, c.Author, c.Title, c.URL = l.Licence, l.Author, l.Title, l.URL
		out = append(out, entry{Clip: c, id: ID(r["category"]), name: DisplayName(r["category"]), order: target, dir: dir})
	}
	return out, broken, nil
}

// findAudio returns the table's file, or the other release's under the same
// stem.
func findAudio(dir, name string) (string, error) {
	base := filepath.Join(dir, filepath.Base(name))
	paths := []string{base}
	for _, ext := range []string{".wav", ".ogg", ".flac"} {
		paths = append(paths, strings.TrimSuffix(base, filepath.Ext(base))+ext)
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			continue
		case info.IsDir():
			return "", errors.New("is a directory, want a sound file")
		case info.Size() == 0:
			return "", errors.New("file is empty")
		}
		return p, nil
	}
	return "", fmt.Errorf("listed in %s but not there, neither as .wav, .ogg nor .flac", escTable)
}

// licence is one row of licences.csv.
type licence struct{ Licence, Author, Title, URL string }

// readLicences maps file stems to licences; nil when the file does not exist.
func readLicences(path string) (map[string]licence, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	rows, err := readTable(path, "filename", "licence", "author", "title", "url")
	if err != nil {
		return nil, err
	}
	out := make(map[string]licence, len(rows))
	for _, r := range rows {
		out[stem(r["filename"])] = licence{r["licence"], r["author"], r["title"], r["url"]}
	}
	return out, nil
}

// stem is a file's name without folder of the platform and without extension.
func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// maxTable bounds a table, in bytes: AudioSet's two million rows take 100 MB.
const maxTable = 256 << 20

// readTable reads a CSV file with a header into maps; every wanted column must
// be there, in any order.
func readTable(path string, want ...string) ([]map[string]string, error) {
	f, err := readfile.Open(path, maxTable)
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read table %q: it is empty, want the columns %s", path, strings.Join(want, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("read table %q: %w", path, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	for _, w := range want {
		if !slices.Contains(head, w) {
			return nil, fmt.Errorf("read table %q: no column %q, have %s", path, w, strings.Join(head, ", "))
		}
	}
	var out []map[string]string
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read table %q: %w", path, err)
		}
		row := make(map[string]string, len(head))
		for i, h := range head {
			row[h] = strings.TrimSpace(rec[i])
		}
		out = append(out, row)
	}
}
