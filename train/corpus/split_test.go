package corpus

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/train/dataset"
)

// escFolder writes an ESC layout of empty-looking clips: tables are all that splitting reads.
func escFolder(t *testing.T, table, licences string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("meta/esc50.csv", "filename,fold,target,category,esc10,src_file,take\n"+table)
	write("meta/licences.csv", "filename,licence,author,title,url\n"+licences)
	for _, c := range []string{"a", "b", "c", "d", "e", "f"} {
		write("audio/"+c+".wav", "RIFF")
	}
	return dir
}

// A test clip whose licence forbids learning from it still keeps the other
// clips of its recording out of the training.
func TestSplitSeesRecordingsBehindTheLicenceFilter(t *testing.T) {
	const table = "a.wav,1,0,dog,True,100,A\n" + // its recording has a take in fold 2, under another licence
		"b.wav,1,0,dog,True,101,A\n" +
		"c.wav,1,1,rain,True,102,A\n" +
		"d.wav,2,0,dog,True,100,B\n" +
		"e.wav,2,1,rain,True,103,A\n" +
		"f.wav,1,1,rain,True,104,A\n"
	const licences = "a.wav,CC0,x,x,x\nb.wav,CC0,x,x,x\nc.wav,CC-BY,x,x,x\nd.wav,CC-BY-NC,x,x,x\ne.wav,CC0,x,x,x\nf.wav,CC-BY-NC,x,x,x\n"
	dir := escFolder(t, table, licences)
	for _, test := range []struct {
		name     string
		licences []string
		full     bool
		learned  []string
		held     []string
		leftOut  int
	}{
		{"filter, test on all", []string{"cc0", "CC-BY"}, true, []string{"b.wav", "c.wav"}, []string{"d.wav", "e.wav"}, 1},
		{"filter, test on the licensed", []string{"CC0", "CC-BY"}, false, []string{"a.wav", "b.wav", "c.wav"}, []string{"e.wav"}, 0},
		{"no filter", nil, true, []string{"b.wav", "c.wav", "f.wav"}, []string{"d.wav", "e.wav"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Source{Set: dataset.Options{Dirs: []string{dir}, Licences: test.licences}, Train: []int{1}, Test: []int{2}, TestFull: test.full}
			set, err := dataset.Load(s.Set)
			if err != nil {
				t.Fatal(err)
			}
			learned, held, leftOut, err := s.Split(set)
			if err != nil {
				t.Fatal(err)
			}
			if got := clipNames(learned); !slices.Equal(got, test.learned) {
				t.Errorf("learned %v, want %v", got, test.learned)
			}
			if got := clipNames(held); !slices.Equal(got, test.held) {
				t.Errorf("held out %v, want %v", got, test.held)
			}
			if leftOut != test.leftOut {
				t.Errorf("left out %d, want %d", leftOut, test.leftOut)
			}
		})
	}
}

func clipNames(clips []dataset.Clip) []string {
	var out []string
	for _, c := range clips {
		out = append(out, c.Name)
	}
	return out
}
