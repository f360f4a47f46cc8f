package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSystemFoldersAreNoLabels: what NAS, archives and desktops leave is passed over, on every level.
func TestSystemFoldersAreNoLabels(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"bell/1.wav", "bell/@eaDir/1.wav", "dog/1.wav", "__MACOSX/bell/1.wav", "@eaDir/1.wav", "#recycle/1.wav", "Recycle/1.wav", "$RECYCLE.BIN/1.wav"} {
		write(t, dir, name, name)
	}
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if got := strings.Join(s.Labels, " "); got != "bell dog" || len(s.Clips) != 2 {
		t.Errorf("labels %s, %d clips", got, len(s.Clips))
	}
}

// TestContainersAreAskedAbout: train/ and fold1/ are no sounds, unless somebody says so.
func TestContainersAreAskedAbout(t *testing.T) {
	for _, name := range []string{"train", "Test", "fold1", "fold_10", "validation", "audio", "clips"} {
		dir := t.TempDir()
		write(t, dir, name+"/bell/1.wav")
		write(t, dir, name+"/dog/1.wav", "another")
		write(t, dir, "other/1.wav", "a third")
		_, err := Load(Options{Dirs: []string{dir}})
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) || !strings.Contains(err.Error(), "--data") || !strings.Contains(err.Error(), "--rename "+name) {
			t.Errorf("%s: %v", name, err)
		}
		s := mustLoad(t, Options{Dirs: []string{dir}, Rename: map[string]string{name: "a sound"}})
		if got := strings.Join(s.Labels, " "); got != "a_sound other" {
			t.Errorf("%s renamed: labels %s", name, got)
		}
	}
}

// TestTablesOneLevelDown: an archive is unpacked with a folder around it.
func TestTablesOneLevelDown(t *testing.T) {
	esc, around := smallESC(t), t.TempDir()
	if err := os.CopyFS(filepath.Join(around, "ESC-50-master"), os.DirFS(esc)); err != nil {
		t.Fatal(err)
	}
	a, b := mustLoad(t, Options{Dirs: []string{esc}}), mustLoad(t, Options{Dirs: []string{around}})
	if a.Digest() != b.Digest() {
		t.Errorf("one level down it is another set: %v and %v", a.Labels, b.Labels)
	}
	if err := os.CopyFS(filepath.Join(around, "again"), os.DirFS(esc)); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Options{Dirs: []string{around}}); err == nil || !strings.Contains(err.Error(), "holds 2 data sets") {
		t.Errorf("two sets in one folder: %v", err)
	}
}

func TestUrbanSound(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "UrbanSound8K/metadata/UrbanSound8K.csv", "slice_file_name,fsID,start,end,salience,fold,classID,class\n"+
		"7-3-0-0.wav,7,0,4,1,1,3,dog_bark\n7-3-0-1.wav,7,4,8,1,1,3,dog_bark\n9-8-0-0.wav,9,0,4,2,10,8,siren\n10-8-0-0.wav,10,0,4,2,10,8,siren\n11-8-0-0.wav,11,0,4,2,x,8,siren\n")
	for _, name := range []string{"fold1/7-3-0-0.wav", "fold1/7-3-0-1.wav", "fold10/9-8-0-0.wav"} {
		write(t, dir, "UrbanSound8K/audio/"+name, name)
	}
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if got := strings.Join(s.Labels, " "); got != "dog_bark siren" || len(s.Clips) != 3 || len(s.Broken) != 2 {
		t.Fatalf("labels %s, clips %+v, broken %v", got, s.Clips, s.Broken)
	}
	if got := fmt.Sprint(s.FoldNumbers()); got != "[1 10]" {
		t.Errorf("folds %s", got)
	}
	if c := s.Clips[0]; c.Source != "freesound:7" || c.Licence != urbanLicence || c.ESC {
		t.Errorf("%+v", c)
	}
}
