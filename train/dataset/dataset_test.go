package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a file below dir, with its folders; the content is the path, so
// that no two files are alike.
func write(t *testing.T, dir, name string, content ...string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "sound of " + name
	if len(content) > 0 {
		text = content[0]
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const escHead = "filename,fold,target,category,esc10,src_file,take\n"

// smallESC has six rows: two dogs and two roosters (ESC-10) in folds 1 and 2,
// a door knock in each.
func smallESC(t *testing.T) string {
	dir := t.TempDir()
	table, lic := escHead, "filename,licence,author,title,url\n"
	for _, r := range []struct {
		name, row, licence string
	}{
		{"1-100-A-0", "1,0,dog,True,100,A", "CC0"},
		{"1-200-A-30", "1,30,door_wood_knock,False,200,A", "CC-BY-NC"},
		{"1-300-A-1", "1,1,rooster,True,300,A", "CC-BY"},
		{"2-101-A-0", "2,0,dog,True,101,A", "CC-BY"},
		{"2-201-A-30", "2,30,door_wood_knock,False,201,A", "CC0"},
		{"2-301-A-1", "2,1,rooster,True,301,A", "CC0"},
	} {
		table += r.name + ".ogg," + r.row + "\n"
		lic += r.name + ".ogg," + r.licence + ",Ann,\"Title, " + r.name + "\",http://x/" + r.name + "\n"
		write(t, dir, "audio/"+r.name+".ogg")
	}
	write(t, dir, "meta/esc50.csv", table)
	write(t, dir, "meta/licences.csv", lic)
	return dir
}

func mustLoad(t *testing.T, o Options) *Set {
	t.Helper()
	s, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestESC(t *testing.T) {
	s := mustLoad(t, Options{Dirs: []string{smallESC(t)}})
	if want := []string{"dog", "rooster", "door_wood_knock"}; !slices.Equal(s.Labels, want) {
		t.Errorf("labels %v, want target order %v", s.Labels, want)
	}
	if want := []string{"Dog", "Rooster", "Door knock"}; !slices.Equal(s.Names, want) {
		t.Errorf("names %v, want %v", s.Names, want)
	}
	c := s.Clips[1]
	want := Clip{Path: c.Path, Name: "1-200-A-30.ogg", Label: 2, Fold: 1, Source: "freesound:200", Licence: "CC-BY-NC",
		Author: "Ann", Title: "Title, 1-200-A-30", URL: "http://x/1-200-A-30", ESC: true}
	if c != want {
		t.Errorf("clip 1 is\n%+v, want\n%+v", c, want)
	}
	if got := len(s.Folds(2)); got != 3 || !slices.Equal(s.FoldNumbers(), []int{1, 2}) {
		t.Errorf("fold 2 has %d clips of folds %v, want 3 of 1, 2", got, s.FoldNumbers())
	}
}

func TestESC10(t *testing.T) {
	s := mustLoad(t, Options{Dirs: []string{smallESC(t)}, ESC10: true})
	if want := []string{"dog", "rooster"}; !slices.Equal(s.Labels, want) || len(s.Clips) != 4 {
		t.Errorf("labels %v with %d clips, want %v with 4", s.Labels, len(s.Clips), want)
	}
}

// TestESCWAV reads release 2's files under release 1's table.
func TestESCWAV(t *testing.T) {
	dir := smallESC(t)
	ogg := filepath.Join(dir, "audio/1-100-A-0.ogg")
	if err := os.Rename(ogg, strings.TrimSuffix(ogg, "ogg")+"wav"); err != nil {
		t.Fatal(err)
	}
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if len(s.Broken) != 0 || filepath.Ext(s.Clips[0].Path) != ".wav" {
		t.Errorf("clip 0 is %s, broken %v", s.Clips[0].Path, s.Broken)
	}
}

func TestSubsetAndRename(t *testing.T) {
	s := mustLoad(t, Options{Dirs: []string{smallESC(t)}, Labels: []string{"Knock!", "pet"},
		Rename: map[string]string{"door_wood_knock": "Knock!", "dog": "pet", "rooster": "pet"}})
	if want := []string{"pet", "knock"}; !slices.Equal(s.Labels, want) {
		t.Errorf("labels %v, want %v", s.Labels, want)
	}
	if want := []string{"Pet", "Knock!"}; !slices.Equal(s.Names, want) {
		t.Errorf("names %q, want %q", s.Names, want)
	}
	n := 0
	for _, c := range s.Clips {
		if c.Label == 0 {
			n++
		}
	}
	if n != 4 || len(s.Clips) != 6 {
		t.Errorf("%d clips of pet among %d, want 4 among 6", n, len(s.Clips))
	}
}

func TestLicences(t *testing.T) {
	s := mustLoad(t, Options{Dirs: []string{smallESC(t)}, Licences: []string{"cc0", "CC-BY"}})
	if len(s.Clips) != 5 || s.Excluded != 1 {
		t.Errorf("%d clips and %d excluded, want 5 and 1", len(s.Clips), s.Excluded)
	}
	credits := Credits(s.Clips)
	if len(credits) != 2 || credits[0].Title != "Title, 1-300-A-1" || credits[0].Clips[0] != "1-300-A-1.ogg" {
		t.Errorf("credits %+v, want the two CC-BY clips", credits)
	}
	if got := s.Licences(); got["CC0"] != 3 || got["CC-BY"] != 2 || len(got) != 2 {
		t.Errorf("licences %v", got)
	}
}

func TestBrokenRowsAndFiles(t *testing.T) {
	dir := smallESC(t)
	table, err := os.ReadFile(filepath.Join(dir, "meta/esc50.csv"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "audio/1-400-A-2.ogg", "")
	write(t, dir, "meta/esc50.csv", string(table)+"1-400-A-2.ogg,1,2,pig,False,400,A\n1-401-A-2.ogg,1,2,pig,False,401,A\n1-402-A-2.ogg,one,2,pig,False,402,A\n")
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if len(s.Broken) != 3 || len(s.Clips) != 6 {
		t.Fatalf("%d clips, broken %v", len(s.Clips), s.Broken)
	}
	for i, want := range []string{"1-400-A-2.ogg: file is empty", "neither as .wav, .ogg nor .flac", `esc50.csv:10: want fold ≥ 1, target ≥ 0 and a category, have fold "one"`} {
		if got := s.Broken[i].String(); !strings.Contains(got, want) {
			t.Errorf("broken %d: %s, want …%s…", i, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	esc, empty, loose, one := smallESC(t), t.TempDir(), t.TempDir(), t.TempDir()
	write(t, loose, "a.wav")
	write(t, one, "dog/a.wav")
	write(t, one, "dog/b.wav")
	twins := t.TempDir()
	write(t, twins, "Door Bell/a.wav")
	write(t, twins, "door_bell/b.wav")
	symbols := t.TempDir()
	write(t, symbols, "+++/a.wav")
	badTable, noColumn, noLicences, gone := t.TempDir(), t.TempDir(), smallESC(t), t.TempDir()
	write(t, badTable, "meta/esc50.csv", "")
	write(t, noColumn, "meta/esc50.csv", "filename,fold\n")
	write(t, gone, "meta/esc50.csv", escHead+"1-1-A-0.ogg,1,0,dog,True,1,A\n")
	if err := os.Remove(filepath.Join(noLicences, "meta/licences.csv")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"nothing given", Options{}, "no directory given; want an ESC layout"},
		{"no such folder", Options{Dirs: []string{filepath.Join(empty, "x")}}, "no such file or directory"},
		{"empty folder", Options{Dirs: []string{empty}}, "has no labelled clip; want dir/label/clip.wav"},
		{"loose files", Options{Dirs: []string{loose}}, "it holds 1 sound files itself; put them into one sub-folder a label"},
		{"one class", Options{Dirs: []string{one}}, `one class only (["dog"]); a classifier needs at least 2`},
		{"one class left", Options{Dirs: []string{esc}, Labels: []string{"dog"}}, "one class only"},
		{"unknown label", Options{Dirs: []string{esc}, Labels: []string{"dog", "wolf"}}, `label "wolf": no clip has it; there are dog, door_wood_knock, rooster`},
		{"unknown rename", Options{Dirs: []string{esc}, Rename: map[string]string{"wolf": "dog"}}, `rename label "wolf": there is no such label; there are dog`},
		{"empty rename", Options{Dirs: []string{esc}, Rename: map[string]string{"dog": "!"}}, `the new name "!" has neither letter nor digit`},
		{"unknown licence", Options{Dirs: []string{esc}, Licences: []string{"CCBY"}}, `no clip is under "CCBY"; the data has "CC-BY", "CC-BY-NC", "CC0"`},
		{"licence without table", Options{Dirs: []string{noLicences}, Licences: []string{"CC0"}}, "there is no meta/licences.csv"},
		{"twin labels", Options{Dirs: []string{twins}}, `are the same label "door_bell"; join them or rename one`},
		{"no letter", Options{Dirs: []string{symbols}}, `folder "+++"`},
		{"empty table", Options{Dirs: []string{badTable}}, "it is empty, want the columns filename, fold"},
		{"missing column", Options{Dirs: []string{noColumn}}, `no column "target", have filename, fold`},
		{"all files missing", Options{Dirs: []string{gone}}, "no usable clip (1 broken, first: "},
		{"same folder twice", Options{Dirs: []string{esc, esc}}, "give each directory once"},
		{"negative folds", Options{Dirs: []string{esc}, Folds: -1}, "folds: -1"},
	} {
		_, err := Load(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want …%s…", c.name, err, c.want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than one line: %v", c.name, err)
		}
	}
	if s, err := Load(Options{Dirs: []string{one}, MinLabels: 1}); err != nil || len(s.Labels) != 1 {
		t.Errorf("one class with MinLabels 1: %v", err)
	}
}

func TestIDAndDisplayName(t *testing.T) {
	for _, c := range []struct{ in, id, name string }{
		{"dog", "dog", "Dog"},
		{"door_wood_knock", "door_wood_knock", "Door knock"},
		{"Door knock", "door_knock", "Door knock"},
		{"Türklingel (unten)", "turklingel_unten", "Türklingel (unten)"},
		{"Tu\u0308r", "tur", "Tür"}, // decomposed, as macOS writes names
		{"straße", "strasse", "Straße"},
		{"チャイム", "チャイム", "チャイム"},
		{"घंटी", "घंटी", "घंटी"}, // vowel signs are part of the word
		{"a+b/#c", "a_b_c", "A+b/#c"},
		{"__x__", "x", "X"},
		{"🔔", "", "🔔"},
	} {
		if got := ID(c.in); got != c.id {
			t.Errorf("ID(%q) = %q, want %q", c.in, got, c.id)
		}
		if got := DisplayName(c.in); got != c.name {
			t.Errorf("DisplayName(%q) = %q, want %q", c.in, got, c.name)
		}
	}
}

func FuzzID(f *testing.F) {
	f.Add("Tür klingel")
	f.Fuzz(func(t *testing.T, s string) {
		id := ID(s)
		if strings.ContainsAny(id, " /+#\x00") || strings.HasPrefix(id, "_") || strings.HasSuffix(id, "_") {
			t.Errorf("ID(%q) = %q", s, id)
		}
		if again := ID(id); again != id {
			t.Errorf("ID(%q) = %q, and of that %q", s, id, again)
		}
	})
}

func TestRealESC(t *testing.T) {
	dir := os.Getenv("EARSHOT_ESC50")
	if _, err := os.Stat(dir); err != nil {
		t.Logf("EARSHOT_ESC50 names no folder (%v): only the small sets were checked", err)
		return
	}
	s := mustLoad(t, Options{Dirs: []string{dir}})
	if len(s.Labels) != 50 || len(s.Clips) != 1600 || len(s.Broken) != 0 || s.Labels[49] != "hand_saw" {
		t.Errorf("%d labels, %d clips, broken %v", len(s.Labels), len(s.Clips), s.Broken)
	}
	learn, held, left := s.Split([]int{1, 2, 3}, []int{4})
	if len(learn) != 1200 || len(held) != 400 || left != 0 {
		t.Errorf("split 1–3/4: %d, %d, %d left out", len(learn), len(held), left)
	}
	// The official table has two recordings in folds 2 and 3.
	learn, _, left = s.Split([]int{1, 3, 4}, []int{2})
	if len(learn) != 1198 || left != 2 || len(s.Warnings) != 2 {
		t.Errorf("split 1,3,4/2: %d, %d left out, warnings %v", len(learn), left, s.Warnings)
	}
	ten := mustLoad(t, Options{Dirs: []string{dir}, ESC10: true, Licences: []string{"CC0", "CC-BY"}})
	if len(ten.Labels) != 10 || fmt.Sprint(ten.Labels[:2]) != "[dog rooster]" {
		t.Errorf("ESC-10 labels %v", ten.Labels)
	}
}
