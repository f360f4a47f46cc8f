package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"earshot/internal/test/schema"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// home is a Home Assistant as far as MQTT discovery goes: it makes entities
// from what is published, removes one only when told so, and refuses what its
// schema refuses.
type home struct {
	*listener
	mu       sync.Mutex
	entities map[string]string // registry: component key, or per-entity topic → platform
	since    map[string]bool   // those announced since the start
	device   map[string]string // component key → topic of its device's configuration
	order    []string          // "config", or a state topic, as they came
	configs  int
	refused  []string
}

func newHome(t *testing.T, m *broker) *home {
	t.Helper()
	h := &home{entities: map[string]string{}, since: map[string]bool{}, device: map[string]string{}}
	h.reconnect(t, m)
	return h
}

// reconnect subscribes with a connection of its own.
func (h *home) reconnect(t *testing.T, m *broker) {
	t.Helper()
	h.listener = m.listen()
	for _, filter := range []string{"homeassistant/+/+/config", "earshot/#"} {
		wait(t, h.client.Subscribe(filter, 1, func(_ mqtt.Client, x mqtt.Message) { h.take(x.Topic(), x.Payload()) }))
	}
}

// stop ends Home Assistant, which says so if it can; start starts it again with
// what its registry knows, and says so too.
func (h *home) stop(says bool) {
	if says {
		h.publish("homeassistant/status", "offline", false)
	}
	h.close()
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.since)
}

func (h *home) start(t *testing.T, m *broker) {
	t.Helper()
	h.reconnect(t, m)
	h.publish("homeassistant/status", "online", false)
}

// add and remove follow an announcement; h.mu is held.
func (h *home) add(key, platform string) {
	h.entities[key], h.since[key] = platform, true
}

func (h *home) remove(key string) {
	if h.since[key] {
		delete(h.entities, key)
		delete(h.since, key)
	}
}

func (h *home) take(topic string, payload []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	parts := strings.Split(topic, "/")
	switch {
	case parts[0] != "homeassistant":
		h.order = append(h.order, topic)
	case parts[1] == "device" && len(payload) == 0:
		for key := range h.entities {
			if h.device[key] == topic {
				h.remove(key)
			}
		}
	case parts[1] == "device":
		h.configs++
		h.order = append(h.order, "config")
		h.refused = append(h.refused, schema.Device(topic, payload)...)
		var d struct {
			C map[string]map[string]any `json:"cmps"`
		}
		if err := json.Unmarshal(payload, &d); err != nil {
			h.refused = append(h.refused, err.Error())
		}
		for key, c := range d.C {
			if len(c) == 1 {
				h.remove(key)
			} else {
				if was := h.device[key]; h.since[key] && was != topic { // Home Assistant: the unique id exists
					h.refused = append(h.refused, key+" is announced on "+topic+" and still on "+was)
				}
				h.add(key, fmt.Sprint(c["p"]))
				h.device[key] = topic
			}
		}
	case len(payload) == 0:
		h.remove(topic)
	default:
		h.refused = append(h.refused, schema.Entity(topic, payload)...)
		h.add(topic, parts[1])
	}
}

func (h *home) has(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.entities[key]
	return ok
}

func (h *home) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.configs
}

func (h *home) well(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.refused {
		t.Errorf("Home Assistant would refuse: %s", r)
	}
}

// saw reports whether a message came on one of earshot's topics.
func (h *home) saw(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.order, topic)
}
