package feedback

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/history/store"
	"earshot/daemon/recordings"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
)

// desk is one whose history has an event with a clip for each name, and whose model knows dog and cat.
func desk(t *testing.T, clips ...string) (d Desk, write func(name string)) {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte("state_dir: "+t.TempDir()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = Of(f, func() []byte { return testmodel.New("dog", "cat").Bytes() }); err != nil {
		t.Fatal(err)
	}
	w, _, err := store.Create(d.Store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	var b store.Batch
	for i, clip := range clips {
		at := time.Date(2026, 11, 22, 12, i, 0, 0, time.UTC)
		b.Events = append(b.Events, store.Event{Source: "mic", Label: "dog", Onset: at, PeakAt: at, End: at.Add(time.Second), Clip: clip})
	}
	if err := w.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return d, func(name string) {
		t.Helper()
		if err := os.MkdirAll(d.Clips, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := audio.WriteFLAC(filepath.Join(d.Clips, name), make([]float32, 4410), 44100); err != nil {
			t.Fatal(err)
		}
	}
}

// kept lists what is kept to be learned, as folder/name.
func kept(t *testing.T, d Desk) (all []string) {
	t.Helper()
	c, err := d.Recordings.List()
	if err != nil {
		t.Fatal(err)
	}
	for below, part := range map[string][]recordings.Label{"": c.Labels, recordings.Not + "/": c.Not} {
		for _, l := range part {
			for _, take := range l.Takes {
				all = append(all, below+l.Label+"/"+take.Name)
			}
		}
	}
	return all
}

// TestJudge: a wrong event's clip becomes a negative, one that is called what it was a recording of that, and who thinks better of it takes it
// out again; the clips' own retention takes nothing of it.
func TestJudge(t *testing.T) {
	d, write := desk(t, "mic_dog_a.flac", "mic_dog_b.flac")
	write("mic_dog_a.flac")
	for _, step := range []struct {
		verdict, actual string
		want            []string
		text            string
	}{
		{store.Wrong, "", []string{".not/dog/mic_dog_a.flac"}, "judged wrong; the next teaching learns to pass over its clip"},
		{store.Wrong, "Door bell", []string{"door_bell/mic_dog_a.flac"}, "judged wrong, it was door_bell; its clip is now a recording of door_bell"},
		{store.Wrong, "cat", []string{".not/dog/mic_dog_a.flac"}, "judged wrong, it was cat; the next teaching learns to pass over its clip"},
		{store.Wrong, "dog", nil, "judged right"},
		{store.Wrong, "", []string{".not/dog/mic_dog_a.flac"}, "judged wrong; the next teaching learns to pass over its clip"},
		{"", "", nil, "nothing is said of it any more"},
		{store.Right, "", nil, "judged right"},
		{store.Wrong, "", []string{".not/dog/mic_dog_a.flac"}, "judged wrong; the next teaching learns to pass over its clip"},
	} {
		said, err := d.Judge(t.Context(), 1, step.verdict, step.actual)
		if got := kept(t, d); err != nil || !slices.Equal(got, step.want) || said.String() != step.text {
			t.Errorf("%q %q: %q, kept %q, %v; want %q", step.verdict, step.actual, said, got, err, step.want)
		}
	}
	if err := os.Remove(filepath.Join(d.Clips, "mic_dog_a.flac")); err != nil {
		t.Fatal(err)
	}
	if x, err := audio.ReadMono(filepath.Join(d.Recordings.Dir, ".not/dog/mic_dog_a.flac"), 44100); err != nil || len(x) != 4410 {
		t.Errorf("with the clip its copy went: %v", err)
	}
	for _, bad := range [][2]string{{"maybe", ""}, {store.Right, "cat"}, {store.Wrong, "background"}, {store.Wrong, "///"}} {
		if _, err := d.Judge(t.Context(), 1, bad[0], bad[1]); !errors.Is(err, ErrVerdict) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := d.Judge(t.Context(), 9, store.Right, ""); !errors.Is(err, store.ErrNoEvent) {
		t.Errorf("no event: %v", err)
	}
}

// TestCollect: a clip that is written after its event was judged is taken before it teaches, and once: what a person deletes stays deleted.
func TestCollect(t *testing.T) {
	d, write := desk(t, "mic_dog_a.flac")
	if said, err := d.Judge(t.Context(), 1, store.Wrong, ""); err != nil || said.Negative || len(kept(t, d)) != 0 {
		t.Fatalf("%q, %v", said, err)
	}
	write("mic_dog_a.flac")
	for _, want := range []int{1, 0} {
		if err := d.Collect(t.Context()); err != nil || len(kept(t, d)) != want {
			t.Fatalf("kept %q, want %d, %v", kept(t, d), want, err)
		}
		if want == 1 {
			if err := d.Recordings.Delete(".not/dog", "mic_dog_a.flac"); err != nil {
				t.Fatal(err)
			}
		}
	}
}
