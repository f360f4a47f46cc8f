package mqtt

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// FuzzBroker is a broker that says anything, to the client library behind the guard, in the middle of a subscription
// of two topics and a message. A panic of the library's, in whichever of its goroutines, ends the fuzzing.
func FuzzBroker(f *testing.F) {
	for _, said := range []string{
		"\x90\x05\x00\x01\x01\x01\x01",             // three codes for two topics
		"\x90\x04\x00\x01\x01\x80\x40\x02\x00\x02", // as it should be
		"\x90\x02\x00\x01", "\x90\x01\x00", "\x40\x00", "\xd0\x00", "\xb0\x02\x00\x01", "\x62\x02\x00\x01",
		"\x32\x05\x00\x01a\x00\x01", "\x34\x05\x00\x01a\x00\x01", "\x30\x02\x00\x09", "\x30\xff\xff\xff\x7f",
		"\x30\xff\xff\xff\xff\xff", "\xf0\x00", "\x00\x00", "\x20\x02\x00\x00", "\x20\x02\x00\x06", "\x20\x02\x01\xfe",
		"\x30\xd0\x0f\x00\x01a" + string(make([]byte, 1997)),
	} {
		f.Add(true, []byte(said))
		f.Add(false, []byte(said))
	}
	f.Fuzz(func(t *testing.T, greets bool, said []byte) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		asked := make(chan struct{}, 16)
		go func() { // the broker reads all, and does nothing about it
			for b := make([]byte, 1<<16); ; {
				if _, err := theirs.Read(b); err != nil {
					close(asked)
					return
				}
				select {
				case asked <- struct{}{}:
				default:
				}
			}
		}()
		speak := func() {
			_ = theirs.SetWriteDeadline(time.Now().Add(hang))
			_, _ = theirs.Write(said)
			_ = theirs.Close()
		}
		c := Settings{NodeID: "n1", Broker: "tcp://fuzz:1883", Secret: func() string { return "" }, KeepAlive: time.Minute,
			MaxPacket: 1000, Timing: Timing{Connect: hang, Ack: hang}.WithDefaults(),
			Dial: func(context.Context, string, string) (net.Conn, error) { return ours, nil }}
		go func() {
			<-asked // CONNECT
			if !greets {
				speak()
				return
			}
			_, _ = io.WriteString(theirs, "\x20\x02\x00\x00")
		}()
		l, err := dial(context.Background(), &c, "will", ears{message: func(m paho.Message) { _ = m.Topic() }})
		if err != nil {
			return
		}
		defer l.kill()
		sub := l.client.SubscribeMultiple(map[string]byte{"a": 1, "b": 1}, nil)
		<-asked
		pub := make(chan error, 1)
		go func() { pub <- l.publish([]topic.Message{topic.Kept("a", []byte("x"))}) }()
		<-asked
		if greets {
			speak()
		}
		<-l.lost
		<-sub.Done()
		<-pub
	})
}

// hang is how long a test waits for what must happen on the slowest machine.
const hang = time.Minute
