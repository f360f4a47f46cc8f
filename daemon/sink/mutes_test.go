package sink

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMutesEnd(t *testing.T) {
	var m Mutes
	now := time.Now()
	m.Set(Mute{Source: "a", Label: "dog", On: true, For: time.Minute}, now)
	m.Set(Mute{Source: "b", On: true}, now)
	for _, c := range []struct {
		source, label string
		after         time.Duration
		want          bool
	}{
		{"a", "dog", 0, true}, {"a", "cat", 0, false}, {"a", "dog", 2 * time.Minute, false},
		{"b", "dog", 0, true}, {"b", "anything", 1000 * time.Hour, true}, {"c", "dog", 0, false},
	} {
		if got := m.Muted(c.source, c.label, now.Add(c.after)); got != c.want {
			t.Errorf("%s %s after %v: %v", c.source, c.label, c.after, got)
		}
	}
	if all := m.Active(now.Add(2 * time.Minute)); len(all) != 1 || all[0] != (Mute{Source: "b", On: true}) {
		t.Errorf("two minutes later there are %+v", all)
	}
	for _, c := range m.Active(now.Add(time.Second)) {
		if c.Source == "a" && c != (Mute{Source: "a", Label: "dog", On: true, For: 59 * time.Second}) {
			t.Errorf("a second later there is %+v", c)
		}
	}
	m.Set(Mute{Source: "b"}, now)
	if m.Muted("b", "dog", now) {
		t.Error("still muted")
	}
}

// TestMutesLast: what is muted stays so over a restart, with the time that is left; a file that is spoilt is told.
func TestMutesLast(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mutes.json")
	now := time.Now()
	var before Mutes
	if err := before.Keep(path, now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Mute{
		{Source: "a", Label: "dog", On: true, For: time.Hour}, {Source: "b", On: true},
		{Source: "a", Label: "cat", On: true, For: time.Minute}, {Source: "c", On: true}, {Source: "c"},
	} {
		if err := before.Set(c, now); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(10 * time.Minute)
	var after Mutes
	if err := after.Keep(path, now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source, label string
		want          bool
	}{{"a", "dog", true}, {"b", "anything", true}, {"a", "cat", false}, {"c", "dog", false}} {
		if got := after.Muted(c.source, c.label, now); got != c.want {
			t.Errorf("%s %s: %v", c.source, c.label, got)
		}
	}
	if after.Muted("a", "dog", now.Add(51*time.Minute)) {
		t.Error("the mute of an hour lasts longer")
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := new(Mutes).Keep(path, now); err == nil {
		t.Error("a spoilt file is not told")
	}
}
