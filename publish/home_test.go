package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// home is a Home Assistant as far as MQTT discovery goes: it makes entities
// from what is published, removes one only when told so, and refuses what its
// schema refuses.
type home struct {
	*listener
	mu       sync.Mutex
	entities map[string]string // component key, or per-entity topic → platform
	order    []string          // "config", or a state topic, as they came
	configs  int
	refused  []string
}

func newHome(t *testing.T, m *broker) *home {
	t.Helper()
	h := &home{entities: map[string]string{}}
	h.listener = m.listen()
	for _, filter := range []string{"homeassistant/+/+/config", "earshot/#"} {
		wait(t, h.client.Subscribe(filter, 1, func(_ mqtt.Client, x mqtt.Message) { h.take(x.Topic(), x.Payload()) }))
	}
	return h
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
			if !strings.HasPrefix(key, "homeassistant/") {
				delete(h.entities, key)
			}
		}
	case parts[1] == "device":
		h.configs++
		h.order = append(h.order, "config")
		h.refused = append(h.refused, validateDevice(topic, payload)...)
		var d struct {
			C map[string]map[string]any `json:"cmps"`
		}
		if err := json.Unmarshal(payload, &d); err != nil {
			h.refused = append(h.refused, err.Error())
		}
		for key, c := range d.C {
			if len(c) == 1 {
				delete(h.entities, key)
			} else {
				h.entities[key] = fmt.Sprint(c["p"])
			}
		}
	case len(payload) == 0:
		delete(h.entities, topic)
	default:
		h.refused = append(h.refused, validateEntity(topic, payload)...)
		h.entities[topic] = parts[1]
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
