package mqtt

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// A broker ends the older of two connections with the same client id and says nothing; MQTT 3.1.1 has no word for it. So
// each daemon leaves who it is on a retained topic. One that is thrown out and finds somebody else's name there when it
// comes back knows why, and who it was.

// introduction is what stands there.
type introduction struct {
	Instance string `json:"instance"` // made anew by each process
	Host     string `json:"host"`
	Version  string `json:"version"`
	Model    string `json:"model"`
	Since    string `json:"since"` // RFC 3339: when the process introduced itself first
}

// maxHost bounds a host's name, in bytes, as Linux does.
const maxHost = 64

func introduce(c *Settings) introduction {
	host, _ := os.Hostname() // without one the instance still tells two apart
	return introduction{rand.Text(), host[:min(len(host), maxHost)], c.Version, c.Model, c.Now().UTC().Format(time.RFC3339)}
}

// sayOnline tells that this node is there, and which program it is: one after the other, so that a broker which hangs up over
// a refused topic is known by which.
func (s *Session) sayOnline(l *link) error {
	online := s.tree.Message(topic.NodeAvailability, topic.Availability(true))
	if err := s.send(l, []topic.Message{online}, s.cfg.Timing.Ack); err != nil {
		return err
	}
	return s.sayWho(l)
}

// sayWho tells which program this is.
func (s *Session) sayWho(l *link) error {
	err := s.send(l, []topic.Message{s.tree.Message(topic.NodeInstance, topic.Encode(s.own))}, s.cfg.Timing.Ack)
	s.introduced, s.other = s.introduced || err == nil, s.other && err != nil
	return err
}

// meet looks, after a connection that was ended soon, whose name stands where this process left its own.
func (s *Session) meet(l *link) error {
	if s.short == 0 || !s.introduced {
		return nil
	}
	name := s.tree.Of(topic.NodeInstance)
	found := make(chan []byte, 1)
	t := l.client.Subscribe(name, 1, func(_ paho.Client, m paho.Message) {
		select {
		case found <- m.Payload():
		default:
		}
	})
	if err := s.answered(l, t); err != nil {
		return err
	}
	s.rival = ""
	select {
	case text := <-found:
		var other introduction
		if json.Unmarshal(text, &other) == nil && other.Instance != s.own.Instance {
			s.rival = fmt.Sprintf("%.*q", maxHost, other.Host)
		}
	case <-time.After(s.cfg.Timing.Debounce): // it is retained, and would have come at once
	case <-l.lost:
		return s.lostError(l)
	}
	return s.answered(l, l.client.Unsubscribe(name))
}
