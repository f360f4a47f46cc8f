package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMuteOverMQTT(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("earshot/#")
	r := run(t, testConfig(m.URL()))
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
	eventually(t, "muted", func() bool { return slices.Contains(l.on("earshot/n1/mic/dog/mute"), "ON") })
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
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	for _, payload := range []string{"", "on", "-1", strings.Repeat("x", 1<<20), "\xff\xfe", "{", "$(reboot)", "9e99"} {
		l.publish("earshot/n1/mic/mute/set", payload, false)
	}
	for _, topic := range []string{"earshot/n1/roof/mute/set", "earshot/n1/mic/rain/mute/set", "earshot/n1/mic/a/b/mute/set"} {
		l.publish(topic, "ON", false)
	}
	limit := uint64(cap(r.Commands()))
	for range 3 * limit { // nobody reads Commands
		l.publish("earshot/n1/mic/mute/set", "1h", false)
	}
	eventually(t, "all are counted", func() bool {
		s := r.Stats() // the broker tells of a retained one, eight that are none, and what is left of those that are newer than each other
		return s.Commands+s.Superseded >= 3*limit && s.CommandsRejected+s.TooLong >= 9
	})
	l.expect("earshot/n1/mic/mute", "ON")
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
}

// TestFloodOfRememberedTopics: somebody filled the broker with topics below our node. They are not ours by name, and not
// even heard of; but what the remembered configuration of our own device names is taken away.
func TestFloodOfRememberedTopics(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	for i := range 2000 {
		l.publish(fmt.Sprintf("earshot/n1/mic/old%d/state", i), "ON", true)
	}
	l.publish("earshot/n2/mic/dog/state", "ON", true)
	l.publish("homeassistant/device/earshot_n1/config", `{"cmps":{"mic_old7":{"p":"binary_sensor","stat_t":"earshot/n1/mic/old7/state"},
		"x":{"p":"sensor","stat_t":"earshot/n2/mic/dog/state"}}}`, true)
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	eventually(t, "what we once announced is gone", func() bool { return m.retained()["earshot/n1/mic/old7/state"] == "" })
	if m.retained()["earshot/n2/mic/dog/state"] != "ON" {
		t.Error("what is not ours was cleared")
	}
	if s := r.Stats(); s.Strange != 0 {
		t.Errorf("%d strangers' messages were sent to us", s.Strange)
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
		p.Scores("mic", epoch, []LabelScore{{Label: "dog", Score: 0.5}})
		p.Diagnostics(Diagnostics{})
	}
	if s := p.Stats(); s.Queued != 10 || s.Dropped != 990 || s.Unknown != 1000 || s.ScoresDropped != 999 || len(p.box.Newest()) != 2 {
		t.Errorf("stats %+v", s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Run(ctx); err != nil {
		t.Error(err)
	}
}
