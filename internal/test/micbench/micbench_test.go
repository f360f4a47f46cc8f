package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const table = `filename,fold,target,category,esc10,src_file,take
a1.ogg,4,0,dog,True,1,A
a2.ogg,4,0,dog,True,2,A
a3.ogg,3,0,dog,True,3,A
b1.ogg,4,1,rain,True,4,A
b2.ogg,4,1,rain,True,5,A
c1.ogg,4,2,cat,False,6,A
c2.ogg,4,2,cat,False,7,A
`

func TestChoose(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "meta"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "meta", "esc50.csv"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		labels []string
		each   int
		want   string // files in order, or part of the error
	}{
		{nil, 2, "a1 b1 a2 b2"},
		{[]string{"cat", "dog"}, 1, "c1 a1"},
		{nil, 3, `2 clips of "dog"`},
		{[]string{"bird"}, 1, `0 clips of "bird"`},
	} {
		clips, err := choose(dir, 4, c.labels, c.each)
		var names []string
		for _, k := range clips {
			names = append(names, strings.TrimSuffix(filepath.Base(k.path), ".ogg"))
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%v × %d: got %q, want %q", c.labels, c.each, got, c.want)
		}
	}
}

// Messages as "earshot run" sends them: each occurrence is one event, at its end, with its peak.
func TestTake(t *testing.T) {
	l := &listener{on: map[string]bool{}}
	l.begin()
	event := func(label, score string) {
		l.take("earshot/micbench/mic/event", `{"event_type":"`+label+`","phase":"end","id":"1","score":`+score+`}`)
	}
	l.take("earshot/micbench/mic/availability", "online")
	event("cat", "0.99") // of the clip before
	l.begin()
	event("dog", "0.4")
	event("rain", "0.5")
	event("dog", "0.8")
	event("rain", "0.3")
	l.take("earshot/micbench/mic/scores", `{"at":"2099-01-01T00:00:00.000Z","scores":[]}`)

	l.take("earshot/micbench/mic/scores", `{"at":"2099-01-01T00:00:00.743Z","scores":[]}`)
	if label, peak, err := l.strongest(); label != "dog" || peak != 0.8 || err != nil {
		t.Errorf("strongest is %q %v, %v; want dog 0.8", label, peak, err)
	}
	l.take("earshot/micbench/mic/scores", `{"at":"2099-01-01T00:00:02.229Z","scores":[]}`)
	if !l.missed {
		t.Error("a missing window is not noticed")
	}
	if time.Duration(windowsApart) >= 2*743*time.Millisecond {
		t.Error("windowsApart hides a missing window")
	}
}
