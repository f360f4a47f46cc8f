package topic

import "encoding/json"

// Message is one MQTT publication.
type Message struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
}

// Kept returns a retained message, QoS 1. An empty payload takes the topic off the broker.
func Kept(topic string, payload []byte) Message { return Message{topic, payload, 1, true} }

// String is for tests and messages about messages.
func (m Message) String() string { return m.Topic + "=" + string(m.Payload) }

// The payloads of availability and of switches.
const (
	Online, Offline = "online", "offline"
	On, Off         = "ON", "OFF"
)

// What an alarm panel says: Home Assistant's words, and one of our own.
const (
	AlarmDisarm      = "DISARM"
	AlarmHome        = "ARM_HOME"
	AlarmAway        = "ARM_AWAY"
	AlarmNight       = "ARM_NIGHT"
	AlarmAcknowledge = "ACKNOWLEDGE"
)

// AlarmCommands are all of them.
var AlarmCommands = []string{AlarmHome, AlarmAway, AlarmNight, AlarmDisarm, AlarmAcknowledge}

// Switch writes ON or OFF.
func Switch(on bool) []byte { return either(on, On, Off) }

// Availability writes online or offline.
func Availability(up bool) []byte { return either(up, Online, Offline) }

func either(which bool, yes, no string) []byte {
	if which {
		return []byte(yes)
	}
	return []byte(no)
}

// Encode marshals what is known to be marshallable: strings, numbers, nil.
func Encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("topic: " + err.Error())
	}
	return b
}
