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
)

// hang is how long a test waits for what must happen on the slowest machine; it guards against
// hanging and is no measurement.
const hang = 5 * time.Minute

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
