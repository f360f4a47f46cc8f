package jsonfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"earshot/internal/jsonfile"
)

func TestLoadAndSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kept.json")
	v := map[string]int{"a": 1}
	if there, err := jsonfile.Load(path, 100, &v); there || err != nil || v["a"] != 1 {
		t.Errorf("no file: %v, %v, %v", there, err, v)
	}
	if err := jsonfile.Save(path, 0o600, map[string]int{"b": 2}); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, ".kept.json.123.tmp")
	if err := os.WriteFile(half, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if there, err := jsonfile.Load(path, 100, &v); !there || err != nil || v["b"] != 2 {
		t.Errorf("what was saved: %v, %v, %v", there, err, v)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("half a file is left")
	}
	if there, err := jsonfile.Load(path, 3, &v); there || err == nil {
		t.Errorf("longer than the limit: %v, %v", there, err)
	}
	if err := os.WriteFile(path, []byte("{no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if there, err := jsonfile.Load(path, 100, &v); there || err == nil {
		t.Errorf("no JSON: %v, %v", there, err)
	}
}
