package publish

import (
	"fmt"
	"testing"
	"time"
)

func TestMute(t *testing.T) {
	b := newTestBook(100)
	deliver(b, epoch)
	b.add(onset("dog", 0), epoch)
	deliver(b, epoch)
	b.command(Command{Source: "mic", Label: "dog", On: true, Duration: time.Minute}, epoch)
	if got := string(b.wanted[dogState]); got != "OFF" {
		t.Errorf("muted while ON: %s", got)
	}
	b.add(end("dog", 0, time.Second), epoch) // was announced: its end is too
	b.add(onset("dog", 5*time.Second), epoch.Add(5*time.Second))
	b.add(onset("siren", 5*time.Second), epoch.Add(5*time.Second))
	out := deliver(b, epoch.Add(5*time.Second))
	if len(on(out, events)) != 1 || len(on(out, "earshot/n1/mic/siren/state")) != 1 {
		t.Errorf("out %s", out)
	}
	if next := b.expire(epoch.Add(30 * time.Second)); !next.Equal(epoch.Add(time.Minute)) {
		t.Errorf("next %v", next)
	}
	if got := string(b.wanted[dogState]); got != "OFF" {
		t.Errorf("still muted: %s", got)
	}
	if next := b.expire(epoch.Add(time.Minute)); !next.IsZero() {
		t.Errorf("next %v", next)
	}
	if got := string(b.wanted[dogState]); got != "ON" {
		t.Errorf("it still sounds when the mute ends: %s", got)
	}
	b.add(end("dog", 5*time.Second, time.Minute), epoch.Add(65*time.Second))
	if out := deliver(b, epoch.Add(65*time.Second)); len(on(out, events)) != 0 || fmt.Sprint(on(out, dogState)) != "[ON OFF]" {
		t.Errorf("an occurrence with a muted onset: %s", out)
	}
	b.command(Command{Source: "mic", On: true}, epoch)
	if got := string(b.wanted["earshot/n1/mic/mute"]); got != "ON" || !b.expire(epoch.Add(1e6*time.Hour)).IsZero() {
		t.Errorf("mute until told otherwise: %s", got)
	}
}

func TestLostSourceIsOff(t *testing.T) {
	b := newTestBook(100)
	b.available("mic", true, "")
	b.add(onset("dog", 0), epoch)
	deliver(b, epoch)
	b.available("mic", false, "device unplugged; was rtsp://user:canary@cam/1")
	for topic, want := range map[string]string{
		dogState: "OFF", "earshot/n1/mic/availability": "offline",
		"earshot/n1/mic/problem": `{"state":"ON","reason":"lost","detail":"device unplugged; was rtsp://***@cam/1"}`,
	} {
		if got := string(b.wanted[topic]); got != want {
			t.Errorf("%s = %s, want %s", topic, got, want)
		}
	}
	b.health("mic", "clipped", "the gain is too high")
	b.available("mic", true, "")
	if got := string(b.wanted["earshot/n1/mic/problem"]); got != `{"state":"ON","reason":"clipped","detail":"the gain is too high"}` {
		t.Error(got)
	}
	b.health("mic", "", "")
	if got := string(b.wanted["earshot/n1/mic/problem"]); got != `{"state":"OFF","reason":"none","detail":""}` {
		t.Error(got)
	}
}

func TestReconfigureClearsWhatIsGone(t *testing.T) {
	b := newTestBook(100)
	b.add(onset("dog", 0), epoch)
	deliver(b, epoch)
	b.configure([]Source{{Name: "mic", Labels: []Label{{ID: "dog", Watched: true}, {ID: "rain", Watched: true}}}})
	out := deliver(b, epoch)
	cleared := 0
	for _, m := range out {
		if len(m.payload) == 0 && m.retain {
			cleared++
		}
	}
	if cleared != 6 { // state, attributes and mute of siren and alarm
		t.Errorf("%d topics cleared, want 6: %s", cleared, out)
	}
	if got := string(b.wanted[dogState]); got != "ON" {
		t.Errorf("what stays lost its state: %s", got)
	}
	b.add(end("siren", 0, 1), epoch)
	if b.unknown != 1 {
		t.Error("a label that is gone was queued")
	}
}

func never(string) bool { return false }
