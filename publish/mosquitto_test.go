package publish

import (
	"testing"
	"time"

	"earshot/internal/test/mosquitto"

	"golang.org/x/sys/unix"
)

// hang is how long a test waits for what must happen on the slowest machine; it guards against
// hanging and is no measurement.
const hang = 5 * time.Minute

// broker is a real mosquitto of a test's own, whose failures are the test's.
type broker struct {
	*mosquitto.Broker
	t *testing.T
}

// newMosquitto prepares a broker with the listener lines given (empty = one
// that lets everybody in) and starts it.
func newMosquitto(t *testing.T, lines ...string) *broker {
	t.Helper()
	m := prepareMosquitto(t, lines...)
	m.start()
	return m
}

func prepareMosquitto(t *testing.T, lines ...string) *broker {
	t.Helper()
	b, err := mosquitto.New(lines...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return &broker{b, t}
}

func (m *broker) configure(lines ...string) {
	m.t.Helper()
	m.must(m.Configure(lines...))
}

func (m *broker) write(name, content string) string {
	m.t.Helper()
	path, err := m.Write(name, content)
	m.must(err)
	return path
}

func (m *broker) start()               { m.t.Helper(); m.must(m.Start()) }
func (m *broker) restart()             { m.t.Helper(); m.Kill(); m.start() }
func (m *broker) signal(s unix.Signal) { m.t.Helper(); m.must(m.Signal(s)) }

func (m *broker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}
