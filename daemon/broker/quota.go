package broker

import (
	"bytes"
	"strings"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// What others may leave here to be remembered.
const (
	maxPayload        = 16 << 10 // bytes of one message, retained or not
	maxRetainedBytes  = 8 << 20  // of all together
	maxRetainedTopics = 4096
)

// What else of others is remembered. The server has a node of half a kilobyte for each level of each topic that is
// remembered or listened to, and finds the last of them in a time that goes with the square of their number.
const (
	maxTopic    = 1 << 10 // bytes
	maxLevels   = 16
	maxFilters  = 16384 // of all clients together
	maxSessions = 2 * maxConns
)

// fits tells whether others may use a topic.
func fits(topic string) bool {
	return len(topic) <= maxTopic && strings.Count(topic, "/") < maxLevels
}

// quota bounds what this broker takes in from others than the daemon. A message that is too long goes nowhere; one
// that there is no room to remember is delivered to whoever listens, and not kept.
type quota struct {
	mqtt.HookBase
	filters  func() int64 // how many there are now
	sessions func() int   // the same, those of clients that are away too

	mu    sync.Mutex
	sizes map[string]int // by topic
	total int
}

// ID implements mqtt.Hook.
func (q *quota) ID() string { return "quota" }

// Provides implements mqtt.Hook.
func (q *quota) Provides(hook byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnConnect, mqtt.OnSubscribe, mqtt.OnPublish, mqtt.OnWill, mqtt.OnRetainedExpired}, hook) >= 0
}

// OnConnect implements mqtt.Hook: where many sessions wait already for clients that are away, this one will not.
func (q *quota) OnConnect(c *mqtt.Client, _ packets.Packet) error {
	if c.Net.Listener != ownListener && q.sessions() >= maxSessions {
		c.Properties.Clean, c.Properties.Props.SessionExpiryInterval = true, 0
	}
	return nil
}

// OnSubscribe implements mqtt.Hook: a filter that is emptied is refused.
func (q *quota) OnSubscribe(c *mqtt.Client, p packets.Packet) packets.Packet {
	room := maxFilters - q.filters()
	for i := range p.Filters {
		if c.Net.Listener != ownListener && (int64(i) >= room || !fits(p.Filters[i].Filter)) {
			p.Filters[i].Filter = ""
		}
	}
	return p
}

// OnPublish implements mqtt.Hook.
func (q *quota) OnPublish(c *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	if c.Net.Listener != ownListener && (len(p.Payload) > maxPayload || !fits(p.TopicName)) {
		return p, packets.CodeSuccessIgnore // acknowledged, or its sender would say it again
	}
	if p.FixedHeader.Retain {
		p.FixedHeader.Retain = q.keep(c, p.TopicName, len(p.Payload))
	}
	return p, nil
}

// OnWill implements mqtt.Hook.
func (q *quota) OnWill(c *mqtt.Client, w mqtt.Will) (mqtt.Will, error) {
	if w.Retain = w.Retain && (c.Net.Listener == ownListener || fits(w.TopicName)); w.Retain {
		w.Retain = q.keep(c, w.TopicName, len(w.Payload))
	}
	return w, nil
}

// OnRetainedExpired implements mqtt.Hook.
func (q *quota) OnRetainedExpired(topic string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(topic)
}

// keep counts a message that is to be remembered; false when there is no room. The daemon's own always has some.
func (q *quota) keep(c *mqtt.Client, topic string, size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if c.Net.Listener == ownListener || size == 0 { // none takes the topic off
		q.forget(topic)
		return true
	}
	_, known := q.sizes[topic]
	cost := size + len(topic)
	if size > maxPayload || q.total-q.sizes[topic]+cost > maxRetainedBytes || !known && len(q.sizes) >= maxRetainedTopics {
		return false
	}
	q.total += cost - q.sizes[topic]
	q.sizes[topic] = cost
	return true
}

// forget takes a topic out of the count. The lock is held.
func (q *quota) forget(topic string) {
	q.total -= q.sizes[topic]
	delete(q.sizes, topic)
}
