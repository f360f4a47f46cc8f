// Package jsonfile keeps what must outlive the process in small JSON files, each written whole or not at all.
package jsonfile

import (
	"encoding/json"
	"errors"
	"io/fs"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// Load reads what Save wrote at path, at most limit bytes, into v; there is false, and v as it was, where no file is. What a write left
// behind that a crash interrupted is removed.
func Load(path string, limit int64, v any) (there bool, err error) {
	atomicfile.ClearHalf(path)
	b, err := readfile.Bytes(path, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	return err == nil, err
}

// Save writes v at path.
func Save(path string, perm fs.FileMode, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, perm, append(b, '\n'))
}
