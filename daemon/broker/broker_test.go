package broker

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/publish"
	"earshot/publish/topic"
)

func start(t *testing.T) *Broker {
	t.Helper()
	b, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// subscribe runs a real mosquitto_sub until it has n messages.
func subscribe(t *testing.T, b *Broker, version, topic string, n string) string {
	t.Helper()
	path, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		t.Fatal("mosquitto_sub is not installed: run `make setup`, or apt-get install mosquitto-clients")
	}
	host, port, _ := net.SplitHostPort(b.Addr())
	out, err := exec.Command(path, "-h", host, "-p", port, "-V", version, "-t", topic, "-C", n, "-W", "300", "-v").CombinedOutput()
	if err != nil {
		t.Fatalf("mosquitto_sub: %v: %s", err, out)
	}
	return string(out)
}

// TestPublisherToMosquittoSub is the first run of a new owner: the publisher,
// the embedded broker, and mosquitto_sub on the address that is printed.
func TestPublisherToMosquittoSub(t *testing.T) {
	b := start(t)
	p, err := publish.New(publish.Config{NodeID: "n1", Broker: b.URL(), Discovery: true,
		Sources: []publish.Source{{Name: "mic", Labels: []publish.Label{{ID: "dog", Watched: true}}}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	p.SourceAvailable("mic", true, "")
	p.Occurrence(publish.Occurrence{Source: "mic", Label: "dog", On: true, Score: 0.9, Onset: time.Unix(1, 0)})
	for end := time.Now().Add(5 * time.Minute); !(p.Health().OK && p.Stats().Discoveries > 0 && p.Stats().Queued == 0); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v %+v", p.Health(), p.Stats())
		}
	}
	retained := 0 // one node, one source, one label: a topic of each, but for what surveillance and the fleet's owner say
	for _, l := range topic.Leaves {
		if l.Retained && l != topic.NodeAlarm && l != topic.SourceTamper && l != topic.NodePush {
			retained++
		}
	}
	for _, version := range []string{"mqttv311", "mqttv5"} {
		got := subscribe(t, b, version, "earshot/#", strconv.Itoa(retained))
		for _, want := range []string{"earshot/n1/availability online", "earshot/n1/mic/availability online", "earshot/n1/mic/dog/state ON"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", version, want, got)
			}
		}
	}
	if got := subscribe(t, b, "mqttv311", "homeassistant/#", "2"); !strings.Contains(got, `"mic_dog"`) {
		t.Errorf("discovery: %s", got)
	}
	if h := p.Health(); !h.OK || len(h.Refused) != 0 {
		t.Errorf("the self-check does not work with this broker: %+v", h)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := subscribe(t, b, "mqttv311", "earshot/n1/availability", "1"); !strings.Contains(got, "offline") {
		t.Errorf("after the end: %s", got)
	}
}

func TestLoopbackOnly(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:0":     "is not on the loopback interface",
		"[::]:0":        "is not on the loopback interface",
		"192.168.1.2:0": "is not on the loopback interface",
		"example.org:0": "is not on the loopback interface",
		":1883":         "is not on the loopback interface",
		"1883":          "want host:port",
		"127.0.0.1:x":   "embedded broker: listen tcp",
	} {
		if _, err := Start(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// TestTakenPort: the default port may be taken by the owner's own broker; a
// port that was asked for is an error.
func TestTakenPort(t *testing.T) {
	if l, err := net.Listen("tcp", DefaultAddress); err == nil { // else it is taken already
		defer l.Close()
	}
	b, err := Start("")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Addr() == DefaultAddress {
		t.Error("the port was taken")
	}
	if _, err := Start(b.Addr()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
}

func TestRunEnds(t *testing.T) {
	b, err := Start("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	c, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	time.Sleep(20 * time.Millisecond) // most often it is accepted by then: the case that hung
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("Run does not end")
	}
	if c, err := net.Dial("tcp", b.Addr()); err == nil {
		_ = c.Close()
		t.Error("still listening")
	}
}
