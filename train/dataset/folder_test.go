package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecordings(t *testing.T) {
	for _, c := range []struct{ rel, want string }{
		{"ring.wav", "d/l/ring"},
		{"rec_0001.wav", "d/l/rec_0001"},
		{"porch part 2.flac", "d/l/porch"},
		{"porch_seg03.wav", "d/l/porch"},
		{"porch-take4.wav", "d/l/porch"},
		{"porch (3).wav", "d/l/porch"},
		{"porch__00012.wav", "d/l/porch"},
		{"part 2.wav", "d/l/part 2"},
		{"monday/1.wav", "d/l/monday"},
		{"monday/2.wav", "d/l/monday"},
		{"12345__ann__bell.wav", "freesound:12345"},
	} {
		if got := recording("d", "l", filepath.FromSlash(c.rel)); filepath.ToSlash(got) != c.want {
			t.Errorf("recording of %q is %q, want %q", c.rel, got, c.want)
		}
	}
}

// folders makes a set with Unicode labels, groups and strays; recordings of
// label i have i+1 … clips.
func folders(t *testing.T) string {
	dir := t.TempDir()
	for r := range 12 {
		for take := range 1 + r%3 {
			write(t, dir, fmt.Sprintf("Türklingel unten/ring%d part %d.wav", r, take))
			write(t, dir, fmt.Sprintf("チャイム/room %d/%d.flac", r, take))
		}
		write(t, dir, fmt.Sprintf("dog/%d%s", r, []string{".MP3", ".m4a", ".opus", ".aiff"}[r%4]))
	}
	write(t, dir, "dog/notes.txt")
	write(t, dir, "dog/.hidden.wav")
	write(t, dir, "README.md")
	write(t, dir, ".git/x.wav")
	return dir
}

func TestFolders(t *testing.T) {
	s := mustLoad(t, Options{Dirs: []string{folders(t)}, Folds: 4})
	if got := fmt.Sprintf("%q %q", s.Labels, s.Names); got != `["dog" "turklingel_unten" "チャイム"] ["Dog" "Türklingel unten" "チャイム"]` {
		t.Errorf("labels %s", got)
	}
	if len(s.Clips) != 60 || len(s.Broken) != 0 || len(s.Warnings) != 0 {
		t.Fatalf("%d clips, broken %v, warnings %v", len(s.Clips), s.Broken, s.Warnings)
	}
	foldOf := map[string]int{}
	count := map[[2]int]int{}
	for _, c := range s.Clips {
		if c.Fold < 1 || c.Fold > 4 {
			t.Errorf("%s is in fold %d of 4", c.Name, c.Fold)
		}
		if f, ok := foldOf[c.Source]; ok && f != c.Fold {
			t.Errorf("recording %s is in folds %d and %d", c.Source, f, c.Fold)
		}
		foldOf[c.Source] = c.Fold
		count[[2]int{c.Label, c.Fold}]++
		if c.Licence != LicenceOwn {
			t.Errorf("%s has licence %q", c.Name, c.Licence)
		}
	}
	for l, perFold := range []int{3, 6, 6} {
		for f := 1; f <= 4; f++ {
			if n := count[[2]int{l, f}]; n < perFold-1 || n > perFold+1 {
				t.Errorf("label %s has %d clips in fold %d, want about %d", s.Labels[l], n, f, perFold)
			}
		}
	}
}

// TestFoldsDoNotMove: the folder's place on disk plays no part.
func TestFoldsDoNotMove(t *testing.T) {
	a, b := mustLoad(t, Options{Dirs: []string{folders(t)}}), mustLoad(t, Options{Dirs: []string{folders(t)}})
	if a.Digest() != b.Digest() {
		t.Error("the same files in another folder got other folds")
	}
	c := mustLoad(t, Options{Dirs: []string{folders(t)}, Folds: 3})
	if a.Digest() == c.Digest() {
		t.Error("the digest does not see the folds")
	}
}

// TestCopiesShareAFold: one file under two names is one recording.
func TestCopiesShareAFold(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		for _, label := range []string{"a", "b"} {
			write(t, dir, fmt.Sprintf("%s/%d.wav", label, i), fmt.Sprintf("%s %d", label, i/2))
		}
	}
	s := mustLoad(t, Options{Dirs: []string{dir}, Folds: 5})
	foldOf := map[string]int{}
	for _, c := range s.Clips {
		if f, ok := foldOf[c.contentKey]; ok && f != c.Fold {
			t.Errorf("%s: a copy of it is in another fold", c.Name)
		}
		foldOf[c.contentKey] = c.Fold
	}
	if len(foldOf) != 10 || len(s.FoldNumbers()) != 5 {
		t.Errorf("%d contents in folds %v", len(foldOf), s.FoldNumbers())
	}
}

// TestBothTogether joins ESC and folders: shared labels, shared recordings.
func TestBothTogether(t *testing.T) {
	esc, own := smallESC(t), t.TempDir()
	write(t, own, "dog/101__ann__bark.wav") // the recording behind ESC's fold-2 dog
	write(t, own, "dog/rex.wav")
	write(t, own, "doorbell/1.wav")
	write(t, own, "doorbell/2.wav")
	write(t, own, "licences.csv", "filename,licence,author,title,url\ndog/101__ann__bark.wav,CC-BY,Ann,Bark,http://x\n")
	s := mustLoad(t, Options{Dirs: []string{esc, own}})
	if got := strings.Join(s.Labels, " "); got != "dog rooster door_wood_knock doorbell" {
		t.Errorf("labels %s", got)
	}
	if got := s.ESCLabels(); fmt.Sprint(got) != "[true true true false]" {
		t.Errorf("ESC labels %v", got)
	}
	for _, c := range s.Clips {
		if c.Fold < 1 || c.Fold > 2 {
			t.Errorf("%s in fold %d: ESC has folds 1 and 2", c.Name, c.Fold)
		}
		if strings.HasPrefix(c.Name, "dog/101") && (c.Fold != 2 || c.Licence != "CC-BY" || c.Author != "Ann") {
			t.Errorf("%s: fold %d, licence %q; its recording is in ESC's fold 2, under CC-BY", c.Name, c.Fold, c.Licence)
		}
	}
	s = mustLoad(t, Options{Dirs: []string{esc, own}, Licences: []string{"CC0", "own"}})
	if len(s.Clips) != 3+3 || s.Excluded != 4 {
		t.Errorf("%d clips under CC0 or own, %d left out", len(s.Clips), s.Excluded)
	}
}

func TestFolderBrokenAndThin(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a/1.wav")
	write(t, dir, "b/1.wav")
	write(t, dir, "b/2.wav", "")
	if err := os.Symlink("/does/not/exist", filepath.Join(dir, "b", "3.wav")); err != nil {
		t.Fatal(err)
	}
	s := mustLoad(t, Options{Dirs: []string{dir}, Folds: 2})
	if len(s.Clips) != 2 || len(s.Broken) != 2 || !strings.Contains(s.Broken[0].String(), "file is empty") {
		t.Errorf("%d clips, broken %v", len(s.Clips), s.Broken)
	}
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], `label "a" has 1 recordings for 2 folds`) {
		t.Errorf("warnings %q", s.Warnings)
	}
}

// TestLinkedLabelFolder follows a symbolic link to a label's folder.
func TestLinkedLabelFolder(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, elsewhere, "1.wav")
	write(t, dir, "a/1.wav")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if strings.Join(s.Labels, " ") != "a b" || s.Clips[1].Name != "b/1.wav" {
		t.Errorf("labels %v, clips %+v", s.Labels, s.Clips)
	}
}
