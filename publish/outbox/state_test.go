package outbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"earshot/publish/topic"
)

func TestMute(t *testing.T) {
	o := newTest(100)
	deliver(o, epoch)
	o.Add(onset("dog", 0), epoch)
	deliver(o, epoch)
	o.Mute(Command{Source: "mic", Label: "dog", On: true, Duration: time.Minute}, epoch)
	if got := string(o.wanted[dogState]); got != "OFF" {
		t.Errorf("muted while ON: %s", got)
	}
	o.Add(end("dog", 0, time.Second), epoch) // was announced: its end is too
	o.Add(onset("dog", 5*time.Second), epoch.Add(5*time.Second))
	o.Add(onset("siren", 5*time.Second), epoch.Add(5*time.Second))
	out := deliver(o, epoch.Add(5*time.Second))
	if len(on(out, events)) != 1 || len(on(out, "earshot/n1/mic/siren/state")) != 1 {
		t.Errorf("out %s", out)
	}
	if next := o.Expire(epoch.Add(30 * time.Second)); !next.Equal(epoch.Add(time.Minute)) {
		t.Errorf("next %v", next)
	}
	if got := string(o.wanted[dogState]); got != "OFF" {
		t.Errorf("still muted: %s", got)
	}
	if next := o.Expire(epoch.Add(time.Minute)); !next.IsZero() {
		t.Errorf("next %v", next)
	}
	if got := string(o.wanted[dogState]); got != "ON" {
		t.Errorf("it still sounds when the mute ends: %s", got)
	}
	o.Add(end("dog", 5*time.Second, time.Minute), epoch.Add(65*time.Second))
	if out := deliver(o, epoch.Add(65*time.Second)); len(on(out, events)) != 0 || fmt.Sprint(on(out, dogState)) != "[ON OFF]" {
		t.Errorf("an occurrence with a muted onset: %s", out)
	}
	o.Mute(Command{Source: "mic", On: true}, epoch)
	if got := string(o.wanted["earshot/n1/mic/mute"]); got != "ON" || !o.Expire(epoch.Add(1e6*time.Hour)).IsZero() {
		t.Errorf("mute until told otherwise: %s", got)
	}
}

func TestLostSourceIsOff(t *testing.T) {
	o := newTest(100)
	o.Available("mic", true, "")
	o.Add(onset("dog", 0), epoch)
	deliver(o, epoch)
	o.Available("mic", false, "device unplugged; was rtsp://user:canary@cam/1")
	for topic, want := range map[string]string{
		dogState: "OFF", "earshot/n1/mic/availability": "offline",
		"earshot/n1/mic/problem": `{"state":"ON","reason":"lost","detail":"device unplugged; was rtsp://***@cam/1"}`,
	} {
		if got := string(o.wanted[topic]); got != want {
			t.Errorf("%s = %s, want %s", topic, got, want)
		}
	}
	o.health("mic", "clipped", "the gain is too high")
	o.Available("mic", true, "")
	if got := string(o.wanted["earshot/n1/mic/problem"]); got != `{"state":"ON","reason":"clipped","detail":"the gain is too high"}` {
		t.Error(got)
	}
	o.health("mic", "", "")
	if got := string(o.wanted["earshot/n1/mic/problem"]); got != `{"state":"OFF","reason":"none","detail":""}` {
		t.Error(got)
	}
}

func TestReconfigureClearsWhatIsGone(t *testing.T) {
	o := newTest(100)
	o.Add(onset("dog", 0), epoch)
	deliver(o, epoch)
	gone := o.Configure([]topic.Source{{Name: "mic", Labels: []topic.Label{{ID: "dog", Watched: true}, {ID: "rain", Watched: true}}}}, false)
	if out := deliver(o, epoch); slices.ContainsFunc(out, func(m topic.Message) bool { return len(m.Payload) == 0 }) {
		t.Errorf("cleared while an entity looks at it: %s", out)
	}
	o.ClearGone(gone, []topic.Message{{Topic: "earshot/n1/mic/alarm/mute"}})
	out := deliver(o, epoch)
	cleared := 0
	for _, m := range out {
		if len(m.Payload) == 0 && m.Retain {
			cleared++
		}
	}
	if cleared != 7 { // state, attributes, mute, threshold and hold of siren, three of alarm, but one
		t.Errorf("%d topics cleared, want 7: %s", cleared, out)
	}
	if got := string(o.wanted[dogState]); got != "ON" {
		t.Errorf("what stays lost its state: %s", got)
	}
	o.Add(end("siren", 0, 1), epoch)
	if o.stats.Unknown != 1 {
		t.Error("a label that is gone was queued")
	}
}

func never(string) bool { return false }
