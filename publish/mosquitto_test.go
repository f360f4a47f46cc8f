package publish

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// hang is how long a test waits for what must happen; it guards against
// hanging and is no measurement.
const hang = 10 * time.Second

// mosquitto is a real broker of a test's own on a free port.
type mosquitto struct {
	t    *testing.T
	dir  string
	port int
	conf string
	cmd  *exec.Cmd
	log  *syncBuffer
}

// syncBuffer is a bytes.Buffer for a process to write and a test to read.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func mosquittoPath(t testing.TB) string {
	for _, p := range []string{"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Fatal("mosquitto is not installed: run `make setup`, or apt-get install mosquitto")
	return ""
}

// newMosquitto prepares a broker with the listener lines given (empty = one
// that lets everybody in) and starts it.
func newMosquitto(t *testing.T, lines ...string) *mosquitto {
	t.Helper()
	m := prepareMosquitto(t, lines...)
	m.start()
	return m
}

func prepareMosquitto(t *testing.T, lines ...string) *mosquitto {
	t.Helper()
	if len(lines) == 0 {
		lines = []string{"allow_anonymous true"}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	m := &mosquitto{t: t, dir: t.TempDir(), port: port, log: &syncBuffer{}}
	m.conf = filepath.Join(m.dir, "mosquitto.conf")
	m.configure(lines...)
	t.Cleanup(m.kill)
	return m
}

func (m *mosquitto) configure(lines ...string) {
	m.t.Helper()
	user := "root"
	if os.Getuid() != 0 {
		user = os.Getenv("USER")
	}
	head := []string{fmt.Sprintf("listener %d 127.0.0.1", m.port), "user " + user, "log_dest stderr", "log_type all",
		"set_tcp_nodelay true", "max_queued_messages 0"}
	m.write("mosquitto.conf", strings.Join(append(head, lines...), "\n")+"\n")
}

func (m *mosquitto) write(name, content string) string {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(mosquittoPath(m.t), "-c", m.conf)
	m.cmd.Stderr, m.cmd.Stdout = m.log, m.log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	eventually(m.t, "mosquitto listens", func() bool {
		c, err := net.Dial("tcp", m.addr())
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// kill ends the broker as a power cut would.
func (m *mosquitto) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *mosquitto) restart() { m.t.Helper(); m.kill(); m.start() }

func (m *mosquitto) signal(s syscall.Signal) {
	m.t.Helper()
	if err := m.cmd.Process.Signal(s); err != nil {
		m.t.Fatal(err)
	}
}

func (m *mosquitto) addr() string { return fmt.Sprintf("127.0.0.1:%d", m.port) }
func (m *mosquitto) url() string  { return "tcp://" + m.addr() }

// got is a message as a subscriber saw it.
type got struct {
	topic, payload string
	retained       bool
}

// listener is an independent subscriber that records all it sees.
type listener struct {
	t      *testing.T
	client mqtt.Client
	mu     sync.Mutex
	all    []got
}

// listen subscribes to topics (QoS 0) with a client of its own.
func (m *mosquitto) listen(topics ...string) *listener {
	m.t.Helper()
	return listenAt(m.t, mqtt.NewClientOptions().AddBroker(m.url()), topics...)
}

func listenAt(t *testing.T, o *mqtt.ClientOptions, topics ...string) *listener {
	t.Helper()
	l := &listener{t: t}
	l.client = mqtt.NewClient(o.SetAutoReconnect(false).SetClientID(fmt.Sprintf("listener%d", time.Now().UnixNano())))
	wait(t, l.client.Connect())
	for _, topic := range topics {
		wait(t, l.client.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.all = append(l.all, got{m.Topic(), string(m.Payload()), m.Retained()})
		}))
	}
	t.Cleanup(l.close)
	return l
}

func (l *listener) close() { l.client.Disconnect(0) }

func (l *listener) publish(topic, payload string, retain bool) {
	l.t.Helper()
	wait(l.t, l.client.Publish(topic, 1, retain, payload))
}

func wait(t *testing.T, token mqtt.Token) {
	t.Helper()
	if !token.WaitTimeout(hang) {
		t.Fatal("the test's own client hangs")
	}
	if err := token.Error(); err != nil {
		t.Fatal(err)
	}
}

// on returns the payloads seen on topic, in order.
func (l *listener) on(topic string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, g := range l.all {
		if g.topic == topic {
			out = append(out, g.payload)
		}
	}
	return out
}

func (l *listener) last(topic string) string {
	if all := l.on(topic); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

func (l *listener) expect(topic, payload string) {
	l.t.Helper()
	eventually(l.t, fmt.Sprintf("%s = %q", topic, payload), func() bool { return l.last(topic) == payload })
}

// retained asks the broker afresh what it remembers.
func (m *mosquitto) retained() map[string]string {
	m.t.Helper()
	l := m.listen()
	defer l.close()
	return retainedBy(m.t, l)
}

func retainedBy(t *testing.T, l *listener) map[string]string {
	t.Helper()
	out := map[string]string{}
	marker := fmt.Sprintf("test/marker/%d", time.Now().UnixNano())
	end := make(chan struct{})
	var once sync.Once
	wait(t, l.client.Subscribe("#", 0, func(_ mqtt.Client, m mqtt.Message) {
		if m.Topic() == marker {
			once.Do(func() { close(end) })
		} else if m.Retained() {
			out[m.Topic()] = string(m.Payload())
		}
	}))
	wait(t, l.client.Publish(marker, 1, false, "x"))
	select {
	case <-end:
	case <-time.After(hang):
		t.Fatal("the broker does not deliver the marker")
	}
	return out
}

// eventually polls without haste until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
