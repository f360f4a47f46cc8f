package dataset

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
)

const (
	urbanTable   = "metadata/UrbanSound8K.csv"
	urbanLicence = "CC BY-NC 3.0" // of the whole set
)

// loadUrban reads UrbanSound8K's table (J. Salamon, C. Jacoby, J. P. Bello, "A Dataset and Taxonomy for Urban Sound
// Research", ACM MM 2014). Its ten folds are kept: clips of one recording are never in two of them.
func loadUrban(dir string, _ Options) ([]entry, []Broken, error) {
	path := filepath.Join(dir, urbanTable)
	rows, err := readTable(path, "slice_file_name", "fsID", "fold", "class")
	if err != nil {
		return nil, nil, err
	}
	var out []entry
	var broken []Broken
	for i, r := range rows {
		fold, err := strconv.Atoi(r["fold"])
		if err != nil || fold < 1 || r["class"] == "" {
			broken = append(broken, Broken{fmt.Sprintf("%s:%d", path, i+2), fmt.Errorf("want fold ≥ 1 and a class, have fold %q, class %q", r["fold"], r["class"])})
			continue
		}
		folder := filepath.Join(dir, "audio", fmt.Sprint("fold", fold))
		file, err := findAudio(folder, r["slice_file_name"])
		if err != nil {
			broken = append(broken, Broken{filepath.Join(folder, filepath.Base(r["slice_file_name"])), err})
			continue
		}
		out = append(out, entry{id: ID(r["class"]), name: DisplayName(r["class"]), order: folderOrder, dir: dir,
			Clip: Clip{Path: file, Name: r["slice_file_name"], Fold: fold, Source: "freesound:" + r["fsID"], Licence: urbanLicence}})
	}
	if len(out) == 0 {
		return nil, nil, errors.New("load data: nothing of " + path + " is there" + brokenHint(broken))
	}
	return out, broken, nil
}
