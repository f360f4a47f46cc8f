package publish

import (
	"bufio"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/resident"
)

// impostor is a TCP peer that greets as a broker does and then says the same to everybody who subscribes.
func impostor(t *testing.T, says string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				_, _ = io.WriteString(c, "\x20\x02\x00\x00")
				for { // the subscription is the first packet after CONNECT
					b, err := in.ReadByte()
					if err != nil {
						return
					}
					if b == 0x82 {
						_, _ = io.WriteString(c, says)
						_, _ = io.Copy(io.Discard, in)
						return
					}
				}
			}()
		}
	}()
	return "tcp://" + l.Addr().String()
}

// TestBrokerThatBreaksTheRules: the connection ends with one clear line, which no secret and no byte of the broker's that would
// act on a terminal is in; it is tried again, slowly; nothing else happens.
func TestBrokerThatBreaksTheRules(t *testing.T) {
	for name, c := range map[string]struct{ says, want string }{
		"too many codes": {"\x90\xff\x01\x00\x01" + strings.Repeat("\x01", 253), "topics with 253 codes"},
		"QoS 2":          {"\x34\x05\x00\x01a\x00\x01", "QoS 2: none was asked for"},
		"escape":         {"\x30\x05\x00\x03\x1b[#x", `"\x1b[#", which is no topic`},
		"length":         {"\x30\xff\xff\xff\xff\x01", "more than four bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(impostor(t, c.says))
			said := statuses(&cfg)
			r := run(t, cfg)
			eventually(t, "three attempts", func() bool { return r.Stats().ConnectionsLost >= 3 })
			got := said.errors()
			if len(got) != 1 || !strings.Contains(got[0], "does not keep to MQTT 3.1.1") || !strings.Contains(got[0], c.want) {
				t.Errorf("said %q, want one line with %q", got, c.want)
			}
			for _, line := range got {
				if strings.ContainsAny(line, "\x1b\n\x00") {
					t.Errorf("said %q", line)
				}
			}
		})
	}
}

// TestHugeRetained: somebody left messages of 40 MB on topics of ours. They are not taken in, and put right.
func TestHugeRetained(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	huge := strings.Repeat("x", 40<<20)
	const device = "homeassistant/device/earshot_n1_mic/config"
	topics := []string{device, nodeAvailability, dogState, "earshot/n1/mic/mute/set", "homeassistant/status", "earshot/n1/not/ours"}
	for _, topic := range topics {
		l.publish(topic, huge, true)
	}
	huge = ""
	before := resident.MB(t)
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	grown := resident.MB(t) - before
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
	for topic, want := range map[string]string{nodeAvailability: "online", dogState: "OFF"} {
		eventually(t, topic+" is put right", func() bool { return m.retained()[topic] == want })
	}
	eventually(t, "the device is announced", func() bool { return strings.Contains(m.retained()[device], `"mic_dog"`) })
	s := r.Stats()
	t.Logf("memory %+d MB; %d messages were too long", grown, s.TooLong)
	if s.TooLong < 3 || s.Strange != 0 || s.ConnectionsLost != 0 {
		t.Errorf("%+v", s)
	}
	if grown > 120 { // with the race detector too; unbounded, it is several times 40
		t.Errorf("memory grew by %d MB", grown)
	}
}

// TestNewestCommandWins: after a flood the last one holds, and our own diagnosis is what it was.
func TestNewestCommandWins(t *testing.T) {
	m := newMosquitto(t, "allow_anonymous true", "max_queued_messages 0")
	l := m.listen()
	cfg := testConfig(m.URL())
	cfg.Timing.SelfCheck = time.Second
	said := statuses(&cfg)
	r := run(t, cfg)
	r.settled(t)
	const set = "earshot/n1/mic/mute/set"
	for i := range 100_000 {
		l.client.Publish(set, 0, false, []string{"ON", "OFF", "7m", "rubbish"}[i%4])
	}
	l.publish("earshot/n1/mic/dog/mute/set", "ON", false)
	l.publish(set, "ON", false)
	l.publish(set, "OFF", false)
	eventually(t, "the newest on both topics", func() bool {
		kept := m.retained()
		return kept["earshot/n1/mic/mute"] == "OFF" && kept["earshot/n1/mic/dog/mute"] == "ON"
	})
	r.settled(t)
	s := r.Stats()
	t.Logf("%d obeyed, %d replaced by a newer one before, %d refused", s.Commands, s.Superseded, s.CommandsRejected)
	if got := said.errors(); len(got) != 0 || s.ConnectionsLost != 0 {
		t.Errorf("said %q, %+v", got, s)
	}
}

// TestWhatOthersOverwrite: every retained topic of ours is put right, whoever wrote there, alone or together with all others.
func TestWhatOthersOverwrite(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		m := newMosquitto(t)
		l := m.listen()
		cfg := testConfig(m.URL())
		cfg.LegacyDiscovery = legacy
		r := run(t, cfg)
		r.SourceAvailable("mic", true, "")
		r.Occurrence(onset("dog", 0))
		r.settled(t)
		before := m.retained()
		putRight := func(topics ...string) {
			t.Helper()
			for _, topic := range topics {
				for _, payload := range []string{"ON", "", strings.Repeat("x", 5000)} {
					l.publish(topic, payload, true)
				}
			}
			eventually(t, strings.Join(topics, ", ")+": as it was", func() bool {
				after := m.retained()
				return !slices.ContainsFunc(topics, func(topic string) bool { return after[topic] != before[topic] })
			})
		}
		for topic := range before {
			putRight(topic)
		}
		putRight(slices.Collect(maps.Keys(before))...)
		if s := r.Stats(); s.Repaired == 0 || !r.Health().OK {
			t.Errorf("%+v, %+v", s, r.Health())
		}
	}
}
