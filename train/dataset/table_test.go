package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStated(t *testing.T) {
	dir := t.TempDir()
	table := "train/music/a.flac\tsome/repository\tx/1.ogg\tCC-BY 4.0\tAnn\ttrain\tmusic\n" +
		"train/music/a.flac\tsome/repository\tx/2.ogg\tCC-BY 4.0\tBob\ttrain\tmusic\n" +
		"train/speech/b.flac\tother/repository\ty/1.wav\tApache-2.0\tmany\ttrain\tspeech\n" +
		"train/speech/b.flac\tother/repository\ty/2.wav\tApache-2.0\tmany\ttrain\tspeech\n"
	if err := os.WriteFile(filepath.Join(dir, TableName), []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range []string{"train/music/a.flac", "train/speech/b.flac", "train/speech/own.flac"} {
		paths = append(paths, filepath.Join(dir, p))
	}
	stated, err := Stated(paths)
	if err != nil || len(stated) != 2 {
		t.Fatalf("%v, %v; want what two of the files were made of", stated, err)
	}
	got := slices.Concat(stated[paths[0]], stated[paths[1]])
	want := []Clip{{Name: "x/1.ogg", Title: "some/repository", Licence: "CC-BY 4.0", Author: "Ann"},
		{Name: "x/2.ogg", Title: "some/repository", Licence: "CC-BY 4.0", Author: "Bob"},
		{Name: "other/repository", Title: "other/repository", Licence: "Apache-2.0", Author: "many"}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if err := os.WriteFile(filepath.Join(dir, TableName), []byte("a.flac\tsource\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Stated(paths); err == nil || !strings.Contains(err.Error(), "table.tsv:1: want path") {
		t.Errorf("a line of two fields: %v", err)
	}
}
