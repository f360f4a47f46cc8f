package guard

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// peer is what a broker says, over a connection whose other end takes all that is sent.
type peer struct {
	net.Conn
	io.Reader
}

func (p peer) Read(b []byte) (int, error)  { return p.Reader.Read(b) }
func (p peer) Write(b []byte) (int, error) { return len(b), nil }

const limit = 1000

// asking is a guarded connection over which a subscription of two topics (number 1) and a message (number 2) have left.
func asking(said io.Reader) *Conn {
	c := New(peer{Reader: said}, Limits{Packet: limit})
	_, _ = c.Write([]byte("\x82\x0c\x00\x01\x00\x01a\x01\x00\x02bc\x01"))
	_, _ = c.Write([]byte("\x32\x06\x00\x01a\x00\x02x"))
	return c
}

const hello = "\x20\x02\x00\x00"

// long is a message of QoS 1 on topic "a" that is longer than the limit, payload included.
var long = "\x32\x8d\x27\x00\x01a\x00\x07" + strings.Repeat("x", 5*1000)

func TestWhatPasses(t *testing.T) {
	for name, c := range map[string]struct{ said, want string }{
		"nothing":          {"", ""},
		"greeting":         {hello, hello},
		"refusal":          {"\x20\x02\x00\x05", "\x20\x02\x00\x05"},
		"answers":          {hello + "\x90\x04\x00\x01\x01\x80" + "\x40\x02\x00\x02" + "\xd0\x00", hello + "\x90\x04\x00\x01\x01\x80" + "\x40\x02\x00\x02" + "\xd0\x00"},
		"message":          {hello + "\x30\x04\x00\x01ax", hello + "\x30\x04\x00\x01ax"},
		"retained, QoS 1":  {hello + "\x33\x06\x00\x01a\x00\x09x", hello + "\x33\x06\x00\x01a\x00\x09x"},
		"answer to no one": {hello + "\x90\x03\x00\x07\x01" + "\x40\x02\x00\x09" + "\xb0\x02\x00\x01" + "\xd0\x00", hello + "\xd0\x00"},
		"answered twice":   {hello + strings.Repeat("\x90\x04\x00\x01\x01\x01", 2), hello + "\x90\x04\x00\x01\x01\x01"},
		"too long":         {hello + long + "\xd0\x00", hello + "\x32\x05\x00\x01a\x00\x07" + "\xd0\x00"},
	} {
		got, err := io.ReadAll(asking(strings.NewReader(c.said)))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

func TestWhatEndsTheConnection(t *testing.T) {
	for name, c := range map[string]struct{ said, want string }{
		"no greeting":                    {"\xd0\x00", "the first packet, and no other, is CONNACK"},
		"two greetings":                  {hello + hello, "the first packet, and no other, is CONNACK"},
		"unknown refusal":                {"\x20\x02\x00\x06", "a code of 0 to 5"},
		"a session that cannot be":       {"\x20\x02\x01\x00", "want 0 and a code"},
		"long greeting":                  {"\x20\x03\x00\x00\x00", "CONNACK of 3 bytes: want 2"},
		"more codes than topics":         {hello + "\x90\x05\x00\x01\x01\x01\x01", "answered 2 topics with 3 codes"},
		"fewer codes than topics":        {hello + "\x90\x03\x00\x01\x01", "answered 2 topics with 1 codes"},
		"no codes":                       {hello + "\x90\x02\x00\x01", "want at least 3"},
		"a code that is none":            {hello + "\x90\x04\x00\x01\x01\x03", "with code 0x3"},
		"length of five bytes":           {hello + "\x30\xff\xff\xff\xff\x01", "more than four bytes"},
		"length with a byte to spare":    {hello + "\x30\x80\x00", "more bytes than it needs"},
		"what only clients send":         {hello + "\xc0\x00", "PINGREQ, which has no place here"},
		"kind 0":                         {hello + "\x00\x00", "packet 0"},
		"kind 15":                        {hello + "\xf0\x00", "packet 15"},
		"QoS 2":                          {hello + "\x34\x05\x00\x01a\x00\x01", "QoS 2: none was asked for"},
		"QoS 3":                          {hello + "\x36\x05\x00\x01a\x00\x01", "QoS 3"},
		"PUBREL":                         {hello + "\x62\x02\x00\x01", "PUBREL"},
		"flags":                          {hello + "\x91\x04\x00\x01\x01\x01", "flags 0x1: want none"},
		"topic longer than the message":  {hello + "\x30\x04\x00\x09ax", "longer than itself"},
		"no topic":                       {hello + "\x30\x02\x00\x00", "no topic"},
		"half a topic":                   {hello + "\x30\x01\x00", "longer than itself"},
		"topic that is not UTF-8":        {hello + "\x30\x03\x00\x01\xff", `"\xff", which is no topic`},
		"topic with a wildcard":          {hello + "\x30\x03\x00\x01#", "no topic"},
		"message of QoS 1 with number 0": {hello + "\x32\x05\x00\x01a\x00\x00", "without its number"},
		"message of QoS 1 cut short":     {hello + "\x32\x04\x00\x01a\x01", "without its number"},
		"256 MB of codes":                {hello + "\x90\xff\xff\xff\x7f\x00\x01", "SUBACK of 268435455 bytes: want at most 1000"},
		"256 MB with all of it topic":    {hello + "\x30\xff\xff\xff\x7f\xff\xff", "a topic of more bytes than it may have"},
	} {
		got, err := io.ReadAll(asking(strings.NewReader(c.said)))
		if !errors.As(err, new(*Violation)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// endless is a message of 256 MB.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	n := min(len(p), e.left)
	if e.left -= n; n == 0 {
		return 0, io.EOF
	}
	clear(p[:n])
	return n, nil
}

// TestTooLongTakesNoMemory: the payload is thrown away as it comes, and whoever wants to know hears of it before.
func TestTooLongTakesNoMemory(t *testing.T) {
	start := "\x31\xff\xff\xff\x7f\x00\x01a"
	body := &endless{left: 1<<28 - 1 - 3}
	heard := ""
	c := New(peer{Reader: io.MultiReader(strings.NewReader(hello+start), body, strings.NewReader("\xd0\x00"))},
		Limits{Packet: limit, TooLong: func(topic string, bytes int) { heard = topic }})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := io.ReadAll(c)
	runtime.ReadMemStats(&after)
	if want := hello + "\x31\x03\x00\x01a" + "\xd0\x00"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if heard != "a" || body.left != 0 {
		t.Errorf("heard of %q; %d bytes left", heard, body.left)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were allocated", used)
	}
}

// FuzzGuard: whatever a broker says, what passes are whole packets that the library reads without an error, and
// none is longer than the limit.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{hello, hello + long, hello + "\x90\x05\x00\x01\x01\x01\x01", hello + "\x33\x06\x00\x01a\x00\x09x", "\xd0\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		got, err := io.ReadAll(asking(bytes.NewReader(said)))
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, new(*Violation)) {
			t.Fatalf("%v", err)
		}
		for r := bytes.NewReader(got); r.Len() > 0; {
			before := r.Len()
			p, err := packets.ReadPacket(r)
			if err != nil && err != io.EOF { // an empty payload reads as the end
				t.Fatalf("%q passed: %v", got, err)
			}
			if before-r.Len() > limit+5 {
				t.Fatalf("%d bytes passed in one packet", before-r.Len())
			}
			if m, ok := p.(*packets.PublishPacket); ok && strings.ContainsAny(m.TopicName, "+#\x00") {
				t.Fatalf("topic %q passed", m.TopicName)
			}
		}
	})
}
