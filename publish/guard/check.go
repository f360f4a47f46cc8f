package guard

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The kinds of packet (MQTT 3.1.1 section 2.2.1) that are named here.
const (
	connack     = 2
	publish     = 3
	puback      = 4
	subscribe   = 8
	suback      = 9
	unsubscribe = 10
	unsuback    = 11
	pingresp    = 13
)

var names = [16]string{"packet 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE",
	"SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "packet 15"}

// header is the first byte of a packet.
type header struct{ kind, flags byte }

func (h header) String() string { return names[h.kind] }

func (h header) qos() byte { return h.flags >> 1 & 3 }

// check holds a header against what a broker may send to a client that asks for QoS 1 at most, and cannot
// have a session from before.
func (h header) check(greeted bool, length int) error {
	if (h.kind == connack) == greeted {
		return violation("the broker sent %v where it should not: the first packet, and no other, is CONNACK", h)
	}
	fixed := -1
	switch h.kind {
	case publish:
		if h.qos() > 1 {
			return violation("the broker sent a message of QoS %d: none was asked for", h.qos())
		}
		return nil
	case connack, puback, unsuback:
		fixed = 2
	case pingresp:
		fixed = 0
	case suback:
		if length < 3 {
			return violation("the broker sent SUBACK of %d bytes: want at least 3", length)
		}
	default:
		return violation("the broker sent %v, which has no place here", h)
	}
	if h.flags != 0 {
		return violation("the broker sent %v with flags %#x: want none", h, h.flags)
	}
	if fixed >= 0 && length != fixed {
		return violation("the broker sent %v of %d bytes: want %d", h, length, fixed)
	}
	return nil
}

// inspect holds a packet's body against its kind and against what we sent. An answer to nothing we asked does
// not pass, and does no harm.
func (c *Conn) inspect(h header, body []byte) (pass bool, err error) {
	switch h.kind {
	case publish:
		return true, message(h, body)
	case connack:
		if body[0] != 0 || body[1] > 5 {
			return false, violation("the broker sent CONNACK with %#x %#x: want 0 and a code of 0 to 5", body[0], body[1])
		}
		return true, nil
	case pingresp:
		return true, nil
	}
	asked, known := c.answered(h.kind, number(body))
	if known && h.kind == suback {
		return true, codes(body[2:], asked.topics)
	}
	return known, nil
}

// message checks PUBLISH.
func message(h header, body []byte) error {
	topic, rest, ok := text(body)
	switch {
	case !ok:
		return violation("the broker sent a message whose topic is longer than itself")
	case topic == "" || !utf8.ValidString(topic) || strings.ContainsAny(topic, "+#\x00"):
		return violation("the broker sent a message on %s, which is no topic", quoted(topic))
	case h.qos() > 0 && (len(rest) < 2 || number(rest) == 0):
		return violation("the broker sent a message without its number")
	}
	return nil
}

// codes checks the answers of SUBACK.
func codes(codes []byte, topics int) error {
	if len(codes) != topics {
		return violation("the broker answered %d topics with %d codes", topics, len(codes))
	}
	for _, code := range codes {
		if code > 2 && code != 0x80 {
			return violation("the broker answered a subscription with code %#x", code)
		}
	}
	return nil
}

// number reads two bytes, of which there must be two.
func number(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

// text reads a string of MQTT: its length in two bytes, then itself.
func text(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 2 || len(b)-2 < int(number(b)) {
		return "", nil, false
	}
	end := 2 + int(number(b))
	return string(b[2:end]), b[end:], true
}

// quoted shows what a stranger wrote, in a bounded way.
func quoted(s string) string { return fmt.Sprintf("%.64q", s) }
