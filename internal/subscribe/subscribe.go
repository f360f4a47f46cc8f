// Package subscribe is a plain MQTT subscriber, for measuring what arrives at the other end of the broker.
package subscribe

import (
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Message is one that arrived.
type Message struct {
	Topic   string
	Payload []byte
	At      time.Time // when it was taken from the connection

	Retained bool // the broker had kept it before the subscription
}

// Subscriber is a connection to a broker. Close it.
type Subscriber struct{ client mqtt.Client }

// timeout is for connecting and subscribing.
const timeout = 10 * time.Second

// New connects to a broker (tcp://host:port) and hands what matches the filter to receive, in order, from one
// goroutine.
func New(broker, filter string, receive func(Message)) (*Subscriber, error) {
	options := mqtt.NewClientOptions().AddBroker(broker).SetClientID(fmt.Sprintf("earshot-subscriber-%d", time.Now().UnixNano())).
		SetConnectTimeout(timeout).SetOrderMatters(true)
	s := &Subscriber{client: mqtt.NewClient(options)}
	if err := done(s.client.Connect()); err != nil {
		return nil, fmt.Errorf("subscriber: connect to %s: %w", broker, err)
	}
	token := s.client.Subscribe(filter, 1, func(_ mqtt.Client, m mqtt.Message) {
		receive(Message{m.Topic(), m.Payload(), time.Now(), m.Retained()})
	})
	if err := done(token); err != nil {
		s.Close()
		return nil, fmt.Errorf("subscriber: subscribe to %s: %w", filter, err)
	}
	return s, nil
}

// Close disconnects.
func (s *Subscriber) Close() { s.client.Disconnect(100) }

func done(t mqtt.Token) error {
	if !t.WaitTimeout(timeout) {
		return fmt.Errorf("no answer within %v", timeout)
	}
	return t.Error()
}
