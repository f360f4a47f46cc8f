package publish

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"earshot/internal/test/delivery"
)

// childEnv makes the test binary be a daemon: it publishes to the broker in
// the variable until SIGTERM. So that it can be killed for real.
const childEnv = "EARSHOT_PUBLISH_CHILD"

func TestMain(m *testing.M) {
	if broker := os.Getenv(childEnv); broker != "" {
		os.Exit(child(broker))
	}
	os.Exit(m.Run())
}

func child(broker string) int {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	c := testConfig(broker)
	c.KeepAlive = 2 * time.Second
	c.OnStatus = func(s Status) {
		if s.Connected {
			fmt.Println("connected")
		}
	}
	p, err := New(c)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	p.SourceAvailable("mic", true, "")
	p.Occurrence(onset("dog", 0))
	if err := p.Run(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func startChild(t *testing.T, m *broker) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+m.URL())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "connected\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return cmd
}

const nodeAvailability = "earshot/n1/availability"

// Promise: a clean stop says so.
func TestSIGTERMLeavesOffline(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	cmd := startChild(t, m)
	l.expect(dogState, "ON")
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	l.expect(nodeAvailability, "offline")
	t.Logf("retained offline %v after SIGTERM", time.Since(began))
	if err := cmd.Wait(); err != nil {
		t.Errorf("the child ends with %v", err)
	}
	t.Logf("process gone %v after SIGTERM", time.Since(began))
	kept := m.retained()
	for topic, want := range map[string]string{nodeAvailability: "offline", "earshot/n1/mic/availability": "offline", dogState: "OFF"} {
		if kept[topic] != want {
			t.Errorf("%s = %q, want %q", topic, kept[topic], want)
		}
	}
	l.publish("test/after", "x", false) // the will of a connection that broke would come before this
	l.expect("test/after", "x")
	if got := l.on(nodeAvailability); len(got) != 2 || got[0] != "online" || got[1] != "offline" {
		t.Errorf("availability was %q: the broker saw no DISCONNECT, and spoke the will too", got)
	}
}

// Promise: a crash says so, at once when the socket breaks.
func TestSIGKILLLeavesOffline(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	cmd := startChild(t, m)
	l.expect(dogState, "ON")
	began := time.Now()
	_ = cmd.Process.Kill()
	l.expect(nodeAvailability, "offline")
	t.Logf("retained offline %v after SIGKILL", time.Since(began))
	if got := m.retained()[nodeAvailability]; got != "offline" {
		t.Errorf("retained %q", got)
	}
}

// Promise: a crash says so within 1.5 × keep-alive when the machine just stops.
func TestFrozenProcessGoesOffline(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	cmd := startChild(t, m)
	l.expect(dogState, "ON")
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	l.expect(nodeAvailability, "offline")
	t.Logf("retained offline %v after SIGSTOP; 1.5 × keep-alive is 3 s, and mosquitto looks every 5 s", time.Since(began))
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	l.expect(nodeAvailability, "online")
}

// Promise: after a crash no label sticks ON, the next start says OFF for all.
func TestStartSaysOffForAll(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	cmd := startChild(t, m)
	l.expect(dogState, "ON")
	_ = cmd.Process.Kill()
	l.expect(nodeAvailability, "offline")
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	for _, label := range []string{"dog", "siren", "alarm"} {
		l.expect("earshot/n1/mic/"+label+"/state", "OFF")
	}
	if got := m.retained()[dogState]; got != "OFF" {
		t.Errorf("dog sticks %q", got)
	}
}

// Promise: a broker that lost everything gets it all back.
func TestWipedBroker(t *testing.T) {
	m := newMosquitto(t) // without persistence: every restart is a wipe
	r := run(t, testConfig(m.URL()))
	r.SourceAvailable("mic", true, "")
	r.Occurrence(onset("dog", 0))
	r.settled(t)
	before := m.retained()
	if len(before) != 22 {
		t.Errorf("%d retained topics: %v", len(before), slices.Sorted(maps.Keys(before)))
	}
	m.Kill()
	eventually(t, "the loss is noticed", func() bool { return !r.Health().Connected })
	began := time.Now()
	m.start()
	eventually(t, "all is back", func() bool {
		after := m.retained()
		for topic, want := range before {
			if after[topic] != want {
				return false
			}
		}
		return true
	})
	t.Logf("all %d retained topics back %v after the restart", len(before), time.Since(began))
}

// Promise: nothing listens there is an error, retried, and all is well when
// somebody does.
func TestConnectionRefused(t *testing.T) {
	m := prepareMosquitto(t)
	c := testConfig(m.URL())
	said := statuses(&c)
	r := run(t, c)
	r.Occurrence(onset("dog", 0))
	r.Occurrence(end("dog", 0, time.Second))
	eventually(t, "several attempts", func() bool { return r.Stats().ConnectErrors >= 3 })
	if h := r.Health(); h.OK || h.Connected || !strings.Contains(h.Reason, "connection refused: nothing listens there") {
		t.Errorf("health %+v", h)
	}
	if got := said.errors(); len(got) != 1 || got[0] != fmt.Sprintf("broker %s: connection refused: nothing listens there", m.URL()) {
		t.Errorf("said %q, want one clear line for all attempts", got)
	}
	m.start()
	l := m.listen("#")
	r.settled(t)
	eventually(t, "the event that waited arrives", func() bool { return r.Stats().Events == 1 })
	_ = l
}

// Promise: a broker that hangs is noticed, and nothing is lost meanwhile.
func TestFrozenBroker(t *testing.T) {
	m := newMosquitto(t)
	c := testConfig(m.URL())
	c.KeepAlive = time.Second
	c.Timing.Ack, c.Timing.Connect = time.Second, time.Second
	r := run(t, c)
	r.settled(t)
	l := m.listen("#")
	m.signal(syscall.SIGSTOP)
	began := time.Now()
	var sent []string
	for i := range 50 {
		at := time.Duration(i) * time.Second
		r.Occurrence(onset("dog", at))
		r.Occurrence(end("dog", at, time.Second/2))
		sent = append(sent, fmt.Sprintf("mic-dog-%d", epoch.Add(at).UnixMilli()))
	}
	eventually(t, "health is red", func() bool { return !r.Health().OK })
	t.Logf("noticed after %v: %s", time.Since(began), r.Health().Reason)
	eventually(t, "a new connection is tried", func() bool { return r.Stats().ConnectErrors >= 2 })
	m.signal(syscall.SIGCONT)
	eventually(t, "all events", func() bool { return r.Stats().Events == 50 })
	r.settled(t)
	l.expect(nodeAvailability, "online")
	twice := delivery.Check(t, sent, delivery.IDs(t, l.on(events)), 0, "frozen broker")
	t.Logf("50 events in order, %d of them twice", twice)
	eventually(t, "online is what stays", func() bool { return m.retained()[nodeAvailability] == "online" })
}

// Stopping is quick even when the broker hangs.
func TestStopWithFrozenBroker(t *testing.T) {
	m := newMosquitto(t)
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	m.signal(syscall.SIGSTOP)
	r.Occurrence(onset("dog", 0))
	began := time.Now()
	r.stop(t)
	t.Logf("Run ended %v after the stop", time.Since(began))
	m.signal(syscall.SIGCONT)
	eventually(t, "the will speaks", func() bool { return m.retained()[nodeAvailability] == "offline" })
}

// A last will that comes late, from a connection long replaced, does not stick.
func TestLateWillIsCorrected(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen("#")
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	l.publish(nodeAvailability, "offline", true)
	eventually(t, "online again", func() bool { return m.retained()[nodeAvailability] == "online" })
}
