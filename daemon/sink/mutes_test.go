package sink

import (
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
