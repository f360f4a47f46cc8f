package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/publish/homeassistant"
	"earshot/publish/outbox"
	"earshot/publish/topic"
)

// unconnected is a session that never dials.
func unconnected(tb testing.TB) (*Session, *outbox.Outbox) {
	tb.Helper()
	tree := topic.NewTree("earshot", "n1")
	sources := []topic.Source{{Name: "mic", Title: "Microphone", Labels: []topic.Label{{ID: "dog", Watched: true}, {ID: "siren", Watched: true}}}}
	box, err := outbox.New(outbox.Settings{Tree: tree, Sources: sources, Limit: 10})
	if err != nil {
		tb.Fatal(err)
	}
	announcer, err := homeassistant.New(homeassistant.Settings{Node: "n1", Tree: tree, Prefix: "homeassistant",
		BirthTopic: "homeassistant/status", Enabled: true, Sources: sources}, "")
	if err != nil {
		tb.Fatal(err)
	}
	return New(Settings{Timing: Timing{}.WithDefaults(), Now: time.Now}, tree, box, announcer), box
}

// TestBirthsAreAnsweredApart: nodes that hear of Home Assistant's start together do not answer together, and none keeps it waiting.
func TestBirthsAreAnsweredApart(t *testing.T) {
	now, within := time.Now(), Timing{}.WithDefaults().Birth
	var waits []time.Duration
	for range 20 {
		s, _ := unconnected(t)
		s.now = func() time.Time { return now }
		s.take(mail{topic: "homeassistant/status", payload: []byte("online")})
		waits = append(waits, s.announcer.Due().Sub(now)-s.cfg.Timing.Debounce)
	}
	if first, last := slices.Min(waits), slices.Max(waits); first < 0 || last >= within || last-first < within/10 {
		t.Errorf("from %v to %v", first, last)
	}
}

// FuzzIncoming throws any topic and payload at a publisher as the broker would
// hand them over.
func FuzzIncoming(f *testing.F) {
	f.Add("homeassistant/status", []byte("online"), true)
	f.Add("homeassistant/device/earshot_n1/config", []byte(`{"cmps":{"a":{"p":"switch"}}}`), true)
	f.Add("earshot/n1/mic/old/state", []byte("ON"), true)
	f.Add("earshot/n1/mic/mute/set", []byte("10m"), false)
	f.Add("earshot/n1/availability", []byte("offline"), false)
	f.Add("earshot/n1/////", []byte{}, true)
	s, box := unconnected(f)
	own := box.Retained()
	never := func(string) bool { return false }
	f.Fuzz(func(t *testing.T, name string, payload []byte, retained bool) {
		s.mail.allot(name, smallRoom, nil)
		s.mail.put(mail{topic: name, payload: payload, retained: retained})
		s.takeInbox()
		select {
		case c := <-s.Commands():
			if retained || c.Source != "mic" {
				t.Fatalf("obeyed %+v", c)
			}
		default:
		}
		if got := box.Retained(); fmt.Sprint(got) != fmt.Sprint(own) {
			t.Fatalf("%q changed what is retained: %v", name, got)
		}
		for {
			batch, ok := box.Next(time.Now(), outbox.MaxBatch, never)
			if !ok {
				break
			}
			for _, m := range batch.Messages {
				if !strings.HasPrefix(m.Topic, "earshot/n1/") {
					t.Fatalf("%q makes us publish on %q", name, m.Topic)
				}
			}
			box.Done(batch)
		}
	})
}
