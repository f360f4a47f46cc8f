package publish

import (
	"fmt"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// got is a message as a subscriber saw it.
type got struct {
	topic, payload string
	retained       bool
}

// listener is an independent subscriber that records all it sees.
type listener struct {
	t      *testing.T
	client mqtt.Client
	ended  chan struct{} // closed when the connection was lost and all that came before is recorded
	mu     sync.Mutex
	all    []got
}

// listen subscribes to topics (QoS 0) with a client of its own.
func (m *broker) listen(topics ...string) *listener {
	m.t.Helper()
	return listenAt(m.t, mqtt.NewClientOptions().AddBroker(m.URL()), topics...)
}

func listenAt(t *testing.T, o *mqtt.ClientOptions, topics ...string) *listener {
	t.Helper()
	l := &listener{t: t, ended: make(chan struct{})}
	// paho calls this after its router is done; IsConnectionOpen is false earlier, with messages still on their way.
	o.SetConnectionLostHandler(func(mqtt.Client, error) { close(l.ended) })
	l.client = mqtt.NewClient(o.SetAutoReconnect(false).SetKeepAlive(time.Hour).SetClientID(fmt.Sprintf("listener%d", time.Now().UnixNano())))
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

// readToEnd waits, after the broker has died, until all that it sent is recorded.
func (l *listener) readToEnd() {
	l.t.Helper()
	select {
	case <-l.ended:
	case <-time.After(hang):
		l.t.Fatal("the listener does not notice that the broker is gone")
	}
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
func (m *broker) retained() map[string]string {
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
