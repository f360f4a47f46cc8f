package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"earshot/internal/readfile"
)

// TableName is the file that says whose recordings a folder, or one up to three levels below it, holds: lines of path below the
// table, source, original file, licence, author, use and label, with tabs between them. A file that was joined from
// several recordings has several lines.
const TableName = "table.tsv"

const (
	tableLevels = 3
	tableMost   = 32 << 20 // bytes
	tableFields = 7
)

// Stated are the recordings that each of some sound files was made of, as the tables above them tell: with licence, author and
// where from, by name where a recording asks to be credited, by source where it does not. Files of which no table tells
// are not among them.
func Stated(paths []string) (map[string][]Clip, error) {
	tables := map[string]map[string][]Clip{} // by folder; nil: it has none
	out := map[string][]Clip{}
	for _, path := range paths {
		p, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		dir := filepath.Dir(p)
		for range tableLevels {
			if _, known := tables[dir]; !known {
				if tables[dir], err = statedIn(filepath.Join(dir, TableName)); err != nil {
					return nil, err
				}
			}
			below, _ := filepath.Rel(dir, p)
			if stated := tables[dir][filepath.ToSlash(below)]; len(stated) > 0 {
				out[path] = stated
			}
			dir = filepath.Dir(dir)
		}
	}
	return out, nil
}

// statedIn reads a table by the path of its files; nil where there is none.
func statedIn(path string) (map[string][]Clip, error) {
	f, err := readfile.Open(path, tableMost)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string][]Clip{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) < tableFields-2 || slices.Contains(fields[:2], "") || fields[3] == "" {
			return nil, fmt.Errorf("%s:%d: want path, source, original file, licence and author with tabs between them, found %.100q", path, n, lines.Text())
		}
		c := Clip{Name: fields[1], Title: fields[1], Licence: fields[3], Author: fields[4]}
		if credited(c.Licence) {
			c.Name = fields[2]
		}
		if !slices.Contains(out[fields[0]], c) {
			out[fields[0]] = append(out[fields[0]], c)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// credited tells whether a licence asks for each recording to be named; others ask for a notice on the whole, or for nothing.
func credited(licence string) bool { return strings.HasPrefix(licence, "CC-BY") }
