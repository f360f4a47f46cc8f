// Package mosquitto runs a real MQTT broker on a free port of the loopback interface, for tests and measurements. It
// can be killed, frozen and started again, as real ones are.
package mosquitto

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/test/output"

	"golang.org/x/sys/unix"
)

// Broker is one mosquitto, running or not. It keeps its port over a restart, and nothing else: every start is one with
// an empty memory.
type Broker struct {
	dir  string
	port int
	cmd  *exec.Cmd // nil while it does not run
	log  output.Buffer
}

// startLimit bounds how long mosquitto may take to listen.
const startLimit = 5 * time.Minute

// New prepares a broker whose configuration has these lines beside the listener's; none = it lets everybody in.
func New(lines ...string) (*Broker, error) {
	dir, err := os.MkdirTemp("", "mosquitto")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	b := &Broker{dir: dir, port: l.Addr().(*net.TCPAddr).Port}
	if len(lines) == 0 {
		lines = []string{"allow_anonymous true"}
	}
	return b, b.Configure(lines...)
}

// Configure replaces the lines; they count from the next start.
func (b *Broker) Configure(lines ...string) error {
	return b.ConfigurePlain(append([]string{"log_type all", "set_tcp_nodelay true", "max_queued_messages 0"}, lines...)...)
}

// ConfigurePlain is Configure without the settings that tests want and an installer does not make: a talkative log, queues without end.
func (b *Broker) ConfigurePlain(lines ...string) error {
	user := "root"
	if os.Getuid() != 0 {
		user = os.Getenv("USER")
	}
	head := []string{fmt.Sprintf("listener %d 127.0.0.1", b.port), "user " + user, "log_dest stderr"}
	_, err := b.Write("mosquitto.conf", strings.Join(append(head, lines...), "\n")+"\n")
	return err
}

// Write puts a file beside the configuration and returns its path.
func (b *Broker) Write(name, content string) (path string, err error) {
	path = filepath.Join(b.dir, name)
	return path, os.WriteFile(path, []byte(content), 0o600)
}

// Start runs it and waits until it listens.
func (b *Broker) Start() error {
	program, err := find()
	if err != nil {
		return err
	}
	b.cmd = exec.Command(program, "-c", filepath.Join(b.dir, "mosquitto.conf"))
	b.cmd.Stderr, b.cmd.Stdout = &b.log, &b.log
	b.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := b.cmd.Start(); err != nil {
		b.cmd = nil
		return err
	}
	for end := time.Now().Add(startLimit); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("tcp", b.Addr()); err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return fmt.Errorf("mosquitto does not listen within %v: %s", startLimit, b.Log())
		}
	}
}

// find looks where distributions put the program, which need not be in a user's PATH.
func find() (string, error) {
	for _, p := range []string{"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"} {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", errors.New("mosquitto is not installed: run `make setup-test`, or apt-get install mosquitto")
}

// Kill ends it as a power cut would.
func (b *Broker) Kill() {
	if b.cmd == nil {
		return
	}
	_ = b.cmd.Process.Kill() // fails only when it has ended already
	_ = b.cmd.Wait()
	b.cmd = nil
}

// Signal sends it a signal.
func (b *Broker) Signal(s unix.Signal) error { return b.cmd.Process.Signal(s) }

// PID is the running process's.
func (b *Broker) PID() int { return b.cmd.Process.Pid }

// Addr is host:port; URL the same for an MQTT client.
func (b *Broker) Addr() string { return fmt.Sprintf("127.0.0.1:%d", b.port) }

// URL is where an MQTT client connects to.
func (b *Broker) URL() string { return "tcp://" + b.Addr() }

// Log is what it has written so far.
func (b *Broker) Log() string { return b.log.String() }

// Close ends it and removes its files.
func (b *Broker) Close() {
	b.Kill()
	os.RemoveAll(b.dir)
}
