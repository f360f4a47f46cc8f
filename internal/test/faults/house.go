package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"earshot/internal/subscribe"
	"earshot/internal/test/mosquitto"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// house is who looks on at the broker: it remembers every message.
type house struct {
	mu         sync.Mutex
	all        []subscribe.Message
	subscriber *subscribe.Subscriber
}

// enter subscribes to everything of a broker that runs.
func enter(b *mosquitto.Broker) (*house, error) {
	h := &house{}
	return h, h.enter(b)
}

// enter subscribes anew, after the broker was away.
func (h *house) enter(b *mosquitto.Broker) (err error) {
	h.subscriber, err = subscribe.New(b.URL(), "#", func(m subscribe.Message) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all = append(h.all, m)
	})
	return err
}

func (h *house) leave() { h.subscriber.Close() }

// publish sends a message, as somebody in the house.
func (h *house) publish(b *mosquitto.Broker, topic, payload string) error {
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(b.URL()))
	defer client.Disconnect(100)
	if token := client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		return fmt.Errorf("connect to publish %s: %w", topic, token.Error())
	}
	token := client.Publish(topic, 1, false, payload)
	token.WaitTimeout(patience)
	return token.Error()
}

// since are the messages that came after a time.
func (h *house) since(at time.Time) []subscribe.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, m := range h.all {
		if m.At.After(at) {
			return h.all[i:len(h.all):len(h.all)]
		}
	}
	return nil
}

// await waits for a message after a time, on a topic with this end, and returns when it came.
func (h *house) await(since time.Time, end, payload string) (at time.Time, err error) {
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(2 * time.Millisecond) {
		for _, m := range h.since(since) {
			if strings.HasSuffix(m.Topic, end) && string(m.Payload) == payload {
				return m.At, nil
			}
		}
	}
	return at, fmt.Errorf("%w: %s on …%s within %v", errNever, payload, end, patience)
}

// last is the newest payload of a topic with this end; "" when there was none.
func (h *house) last(end string) string {
	all := h.since(time.Time{})
	for i := len(all) - 1; i >= 0; i-- {
		if strings.HasSuffix(all[i].Topic, end) {
			return string(all[i].Payload)
		}
	}
	return ""
}

// event is a message on an event topic.
type event struct {
	ID       string    `json:"id"`
	Label    string    `json:"event_type"`
	Phase    string    `json:"phase"`
	Onset    time.Time `json:"onset"`
	Duration float64   `json:"duration"` // s
	Clip     string    `json:"clip"`
}

// events are those that ended after a time, in the order of arrival, each once.
func (h *house) events(since time.Time) (all []event) {
	known := map[string]bool{}
	for _, m := range h.since(since) {
		var e event
		if strings.HasSuffix(m.Topic, "/event") && json.Unmarshal(m.Payload, &e) == nil && e.Phase == "end" && !known[e.ID] {
			known[e.ID] = true
			all = append(all, e)
		}
	}
	return all
}

// ordered tells whether events stand in the order of their onsets.
func ordered(all []event) bool {
	for i := 1; i < len(all); i++ {
		if all[i].Onset.Before(all[i-1].Onset) {
			return false
		}
	}
	return true
}

// stuck lists the labels that are ON by their newest retained state.
func (h *house) stuck() (on []string) {
	for label := range toneHz {
		if h.last("/"+label+"/state") == "ON" {
			on = append(on, label)
		}
	}
	return on
}
