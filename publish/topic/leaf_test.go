package topic

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLeaves: every leaf's topic is found again as that leaf, and the rules that hold for all are kept.
func TestLeaves(t *testing.T) {
	tree := NewTree("earshot", "n1")
	for _, l := range Leaves {
		topic := tree.Of(l, []string{"mic", "dog"}[:l.Level]...)
		if got, ok := tree.Leaf(topic); !ok || got != l {
			t.Errorf("%s is %+v, %v, want %+v", topic, got, ok, l)
		}
		if l.Retained && (l.QoS != 1 || l.Command) {
			t.Errorf("%s: what is retained is written, with QoS 1", topic)
		}
		if l.Command != strings.HasSuffix(l.Name, "/set") {
			t.Errorf("%s: a command, and nothing else, ends in /set", topic)
		}
	}
	for _, other := range []string{"earshot/n1", "earshot/n1/mic/dog/ear/state", "earshot/n2/availability", "earshot/n1/mic/dog/event", "x/earshot/n1/availability", ""} {
		if l, ok := tree.Leaf(other); ok {
			t.Errorf("%q is taken for %+v", other, l)
		}
	}
}

func TestReserved(t *testing.T) {
	got := Reserved()
	slices.Sort(got)
	if want := []string{"availability", "event", "image", "laeq", "last", "level", "mute", "pause", "problem", "reset", "scores", "set", "tamper"}; !slices.Equal(got, want) {
		t.Errorf("reserved are %q, want %q", got, want)
	}
}

// TestTableIsDocumented holds the package comment of publish, which people read, against the table.
func TestTableIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, l := range Leaves {
		how := ""
		switch {
		case l.Command:
			how = "read"
		case l.Retained:
			how = "retained"
		case l.QoS == 0:
			how = "QoS 0"
		}
		want = append(want, NewTree("earshot", "<id>").Of(l, []string{"<src>", "<label>"}[:l.Level]...)+" "+how)
	}
	for _, m := range regexp.MustCompile(`(?m)^//\t(earshot/\S+) +(retained|read|QoS 0)?`).FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[1]+" "+m[2])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("doc.go lists\n%s\nthe table has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
