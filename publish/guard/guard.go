// Package guard stands between the socket and the MQTT client library, and lets through only whole packets that
// MQTT 3.1.1 allows a broker to send to us.
//
// The library believes what a broker sends: it makes room for whatever length a header tells, indexes its subscriptions
// by the number of codes in an answer, and pads topics that are cut short. A broker, or whoever speaks for one, would
// decide over our memory and our life. So what comes in is read here first: the size is bounded before anything
// is kept, lengths are held against each other, and an answer against what was asked.
package guard

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
)

// Violation is what a broker did that MQTT does not allow. It ends the connection.
type Violation struct{ What string }

func (v *Violation) Error() string { return v.What }

func violation(format string, a ...any) error { return &Violation{fmt.Sprintf(format, a...)} }

// Limits bound what comes in.
type Limits struct {
	Packet int // bytes of a packet after its fixed header; a longer message arrives without its payload
	// TooLong is told of such a message, before its payload is read and thrown away; it may be nil, and must not block.
	TooLong func(topic string, bytes int)
}

// Conn is a connection to a broker. Reads give what passed, in whole packets; writes are looked at, so that
// answers can be held against them. Each write must be one whole packet, as the library does it.
type Conn struct {
	net.Conn
	limits Limits
	in     *bufio.Reader
	packet []byte // passed, and not yet handed over
	skip   int    // bytes of a message that was too long, still to be thrown away
	greets bool   // the first packet has come
	err    error  // ends all reads

	mu    sync.Mutex // guards what is below
	asked map[uint16]request
}

// New guards a connection.
func New(c net.Conn, limits Limits) *Conn {
	return &Conn{Conn: c, limits: limits, in: bufio.NewReader(c), asked: map[uint16]request{}}
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	for len(c.packet) == 0 {
		if c.err != nil {
			return 0, c.err
		}
		if c.err = c.next(); c.err != nil {
			c.packet = nil
		}
	}
	n := copy(p, c.packet)
	c.packet = c.packet[n:]
	return n, nil
}

// next reads one packet into c.packet; it stays empty for one that means nothing to us.
func (c *Conn) next() error {
	if c.skip > 0 {
		n, err := io.CopyN(io.Discard, c.in, int64(c.skip))
		if c.skip -= int(n); err != nil {
			return unfinished(err)
		}
	}
	first, err := c.in.ReadByte()
	if err != nil {
		return err
	}
	length, err := c.length()
	if err != nil {
		return err
	}
	h := header{kind: first >> 4, flags: first & 15}
	if err := h.check(c.greets, length); err != nil {
		return err
	}
	c.greets = true
	keep := length
	if length > c.limits.Packet {
		if keep, err = c.withoutPayload(h, length); err != nil {
			return err
		}
	}
	start := appendLength([]byte{first}, keep)
	packet := append(start, make([]byte, keep)...)
	body := packet[len(start):]
	if _, err := io.ReadFull(c.in, body); err != nil {
		return unfinished(err)
	}
	pass, err := c.inspect(h, body)
	if err != nil {
		return err
	}
	if keep < length {
		c.skip = length - keep
		if c.limits.TooLong != nil {
			topic, _, _ := text(body)
			c.limits.TooLong(topic, length)
		}
	}
	if pass {
		c.packet = packet
	}
	return nil
}

// length reads the remaining length: at most four bytes, seven bits each, lowest first (MQTT 3.1.1 section 2.2.3).
func (c *Conn) length() (n int, err error) {
	for i := range 4 {
		b, err := c.in.ReadByte()
		if err != nil {
			return 0, unfinished(err)
		}
		n |= int(b&127) << (7 * i)
		if b < 128 {
			if i > 0 && b == 0 {
				return 0, violation("the broker sent a length with more bytes than it needs")
			}
			return n, nil
		}
	}
	return 0, violation("the broker sent a length of more than four bytes")
}

func appendLength(dst []byte, n int) []byte {
	for n > 127 {
		dst = append(dst, byte(n)|128)
		n >>= 7
	}
	return append(dst, byte(n))
}

// withoutPayload is how much of a message that is too long is kept: all that comes before its payload.
func (c *Conn) withoutPayload(h header, length int) (int, error) {
	if h.kind != publish {
		return 0, violation("the broker sent %v of %d bytes: want at most %d", h, length, c.limits.Packet)
	}
	two, err := c.in.Peek(2)
	if err != nil {
		return 0, unfinished(err)
	}
	keep := 2 + int(two[0])<<8 + int(two[1])
	if h.qos() > 0 {
		keep += 2
	}
	if keep > min(length, c.limits.Packet) {
		return 0, violation("the broker sent %v with a topic of more bytes than it may have", h)
	}
	return keep, nil
}

// unfinished tells the end of a connection in the middle of a packet from one between two.
func unfinished(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
