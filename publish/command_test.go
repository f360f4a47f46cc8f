package publish

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseMute(t *testing.T) {
	for payload, want := range map[string]string{
		"ON":                                   "true 0s",
		"OFF":                                  "false 0s",
		" ON\n":                                "true 0s",
		"600":                                  "true 10m0s",
		"10m":                                  "true 10m0s",
		"1h30m":                                "true 1h30m0s",
		"604800":                               "true 168h0m0s",
		`{"state":"ON"}`:                       "true 0s",
		`{"state":"OFF"}`:                      "false 0s",
		`{"state":"ON","duration":90}`:         "true 1m30s",
		`{"state":"ON","duration":"90s"}`:      "true 1m30s",
		`{"state":"ON","duration":null}`:       "true 0s",
		"":                                     "want ON, OFF, seconds",
		"on":                                   "want ON, OFF, seconds",
		"0":                                    "1s to 168h0m0s",
		"-5":                                   "want ON, OFF, seconds",
		"+5":                                   "want ON, OFF, seconds",
		"1e9":                                  "want ON, OFF, seconds",
		"604801":                               "1s to 168h0m0s",
		"99999999999999999999":                 "want ON, OFF, seconds",
		"9999999h":                             "1s to 168h0m0s",
		"1ns":                                  "1s to 168h0m0s",
		"NaN":                                  "want ON, OFF, seconds",
		"ON OFF":                               "want ON, OFF, seconds",
		"ON\x00":                               "want ON, OFF, seconds",
		"{":                                    `want {"state"`,
		`{}`:                                   `want {"state"`,
		`{"state":"ON","x":1}`:                 `want {"state"`,
		`{"state":"maybe"}`:                    `state must be "ON" or "OFF"`,
		`{"state":"OFF","duration":5}`:         "OFF takes no duration",
		`{"state":"ON","duration":1.5}`:        "want ON, OFF, seconds",
		`{"state":"ON","duration":[1]}`:        "want ON, OFF, seconds",
		`{"state":"ON"}{"state":"OFF"}`:        "something follows",
		strings.Repeat("9", maxCommandBytes+1): "129 bytes: want at most 128",
	} {
		on, d, err := parseMute([]byte(payload))
		got := fmt.Sprint(on, " ", d)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", payload, got, want)
		}
		if err != nil && (on || d != 0) {
			t.Errorf("%q: an error and a command: %v %v", payload, on, d)
		}
	}
}

// FuzzCommand plays topic and payload into a book. Whatever comes, a command
// that is obeyed is within bounds and names what is configured, an error does
// not repeat the payload, and the retained topics stay what they may be.
func FuzzCommand(f *testing.F) {
	for _, payload := range []string{"ON", "OFF", "600", "10m", `{"state":"ON","duration":"5m"}`, `{"state":"ON","duration":1e99}`, "\xff", ""} {
		for _, topic := range []string{"earshot/n1/mic/mute/set", "earshot/n1/mic/dog/mute/set", "earshot/n1/mic/../mute/set", "earshot/n1//mute/set", "x"} {
			f.Add(topic, []byte(payload))
		}
	}
	b := newTestBook(10)
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		c, is, err := b.commandOf(topic, payload)
		if !is && (err != nil || c != (Command{})) {
			t.Fatalf("%q is no command topic, yet %v %v", topic, c, err)
		}
		if err != nil {
			if len(err.Error()) > 200 {
				t.Fatalf("a long error: %v", err)
			}
			return
		}
		if !is {
			return
		}
		if c.Source != "mic" || c.Duration < 0 || c.Duration > maxMute || !c.On && c.Duration != 0 || len(payload) > maxCommandBytes {
			t.Fatalf("obeyed: %+v", c)
		}
		if !b.command(c, epoch) {
			t.Fatalf("checked, yet unknown: %+v", c)
		}
		for _, topic := range b.retainedTopics() {
			v := string(b.wanted[topic])
			if strings.HasSuffix(topic, "/mute") && v != "ON" && v != "OFF" {
				t.Fatalf("%s = %q", topic, v)
			}
		}
	})
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
	p, err := New(testConfig("tcp://h"))
	if err != nil {
		f.Fatal(err)
	}
	own := p.book.retainedTopics()
	f.Fuzz(func(t *testing.T, topic string, payload []byte, retained bool) {
		p.take(incoming{topic, payload, retained})
		select {
		case c := <-p.Commands():
			if retained || c.Source != "mic" {
				t.Fatalf("obeyed %+v", c)
			}
		default:
		}
		if got := p.book.retainedTopics(); fmt.Sprint(got) != fmt.Sprint(own) {
			t.Fatalf("%q changed what is retained: %v", topic, got)
		}
		for _, d := range p.book.dirty {
			if !strings.HasPrefix(d, "earshot/n1/") {
				t.Fatalf("%q makes us publish on %q", topic, d)
			}
		}
		p.book.dirty = p.book.dirty[:0]
	})
}

func TestMuteOverMQTT(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("earshot/#")
	r := run(t, testConfig(m.url()))
	r.SourceAvailable("mic", true, "")
	r.settled(t)
	const mute = "earshot/n1/mic/mute"
	l.expect(mute, "OFF")
	l.publish(mute+"/set", "ON", false)
	l.expect(mute, "ON")
	if c := command(t, r); c != (Command{Source: "mic", On: true}) {
		t.Errorf("%+v", c)
	}
	r.Occurrence(onset("dog", 0))
	r.Occurrence(end("dog", 0, time.Second))
	r.settled(t)
	l.publish(mute+"/set", "OFF", false)
	l.expect(mute, "OFF")
	if got := l.on(events); got != nil {
		t.Errorf("a muted event: %q", got)
	}
	for _, s := range l.on(dogState) {
		if s == "ON" {
			t.Error("a muted label went ON")
		}
	}
	command(t, r)
	l.publish("earshot/n1/mic/dog/mute/set", "1s", false)
	l.expect("earshot/n1/mic/dog/mute", "ON")
	if c := command(t, r); c != (Command{Source: "mic", Label: "dog", On: true, Duration: time.Second}) {
		t.Errorf("%+v", c)
	}
	l.expect("earshot/n1/mic/dog/mute", "OFF") // the second is over
	r.Occurrence(onset("dog", 0))
	l.expect(dogState, "ON")
	if !r.Mute(Command{Source: "mic", Label: "dog", On: true}) || r.Mute(Command{Source: "roof"}) {
		t.Error("Mute")
	}
	l.expect(dogState, "OFF")
}

func command(t *testing.T, r *running) Command {
	t.Helper()
	select {
	case c := <-r.Commands():
		return c
	case <-time.After(hang):
		t.Fatal("no command")
	}
	return Command{}
}

// TestHostileCommands: rejected, counted, harmless; retained ones are ignored,
// for they would come back at every start.
func TestHostileCommands(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("earshot/#")
	l.publish("earshot/n1/mic/mute/set", "ON", true)
	r := run(t, testConfig(m.url()))
	r.settled(t)
	for _, payload := range []string{"", "on", "-1", strings.Repeat("x", 1<<20), "\xff\xfe", "{", "$(reboot)", "9e99"} {
		l.publish("earshot/n1/mic/mute/set", payload, false)
	}
	for _, topic := range []string{"earshot/n1/roof/mute/set", "earshot/n1/mic/rain/mute/set", "earshot/n1/mic/a/b/mute/set"} {
		l.publish(topic, "ON", false)
	}
	for range 3 * maxCommands { // nobody reads Commands
		l.publish("earshot/n1/mic/mute/set", "1h", false)
	}
	eventually(t, "all are counted", func() bool {
		s := r.Stats()
		return s.Commands == 3*maxCommands && s.CommandsRejected+s.InboxDropped >= 12+2*maxCommands
	})
	l.expect("earshot/n1/mic/mute", "ON")
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
}

// TestFloodOfRememberedTopics: somebody filled our topics with rubbish.
func TestFloodOfRememberedTopics(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	for i := range 500 {
		l.publish(fmt.Sprintf("earshot/n1/mic/old%d/state", i), "ON", true)
	}
	l.publish("earshot/n1/not/ours/at/all", "keep", true)
	l.publish("earshot/n2/mic/dog/state", "ON", true)
	r := run(t, testConfig(m.url()))
	r.settled(t)
	eventually(t, "the rubbish is gone", func() bool {
		for topic := range m.retained() {
			if strings.Contains(topic, "/old") {
				return false
			}
		}
		return true
	})
	kept := m.retained()
	if kept["earshot/n2/mic/dog/state"] != "ON" || kept["earshot/n1/not/ours/at/all"] != "keep" {
		t.Error("what is not ours was cleared")
	}
}

// TestNothingWaits: without a broker every method returns at once, and what
// piles up is bounded.
func TestNothingWaits(t *testing.T) {
	c := testConfig("tcp://127.0.0.1:1")
	c.QueueLimit = 10
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		p.Occurrence(onset("dog", time.Duration(i)))
		p.Occurrence(Occurrence{Source: "roof", Label: "dog"})
		p.SourceAvailable("mic", i%2 == 0, "x")
		p.Scores("mic", epoch, []LabelScore{{"dog", 0.5}})
		p.Diagnostics(Diagnostics{})
	}
	if s := p.Stats(); s.Queued != 10 || s.Dropped != 990 || s.Unknown != 1000 || s.ScoresDropped != 999 || len(p.boxes) != 2 {
		t.Errorf("stats %+v", s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); err != nil {
		t.Error(err)
	}
}
