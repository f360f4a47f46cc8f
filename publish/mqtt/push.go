package mqtt

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/internal/redact"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// PushReport tells what became of what the owner of a fleet pushed to a node: what it took or would not take after measuring it,
// and what it refused to look at.
type PushReport struct {
	Counter  uint64  `json:"counter"` // of the newest that was the owner's; 0 before any
	Name     string  `json:"name"`
	Kind     string  `json:"kind"`
	SHA256   string  `json:"sha256"`
	State    string  `json:"state"`
	Why      string  `json:"why"`
	Measured string  `json:"measured"`
	At       string  `json:"at"`
	Refused  Refusal `json:"refused"` // the newest that was not even looked at
}

// Refusal is of a manifest that did not count.
type Refusal struct {
	Counter uint64 `json:"counter"` // as it said
	Why     string `json:"why"`
	At      string `json:"at"`
}

// maxWhy bounds a reason that a node gives, in bytes.
const maxWhy = 400

// short bounds what a node, or whoever writes on its topic, says.
func (p PushReport) short() PushReport {
	why := func(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxWhy)], "") }
	p.Name, p.Kind, p.SHA256, p.State, p.At, p.Refused.At = short(p.Name), short(p.Kind), short(p.SHA256), short(p.State), short(p.At), short(p.Refused.At)
	p.Why, p.Measured, p.Refused.Why = why(p.Why), why(p.Measured), why(p.Refused.Why)
	return p
}

// PartBytes is how long the parts of a file that is pushed are, but for the last: every broker takes as much.
const PartBytes = 64 << 10

// Parts are the retained messages with a file's parts, for the nodes below a prefix.
func Parts(prefix, sha256 string, file []byte) (all []topic.Message) {
	for n := 0; len(file) > 0; n++ {
		part := file[:min(len(file), PartBytes)]
		all, file = append(all, topic.Kept(topic.Part(prefix, sha256, n), part)), file[len(part):]
	}
	return all
}

// partPatience is how long the next part may take to come.
const partPatience = 30 * time.Second

// Fetch gets a file of size bytes that was pushed below a prefix. It asks for one part after the other, so that no more than one is on its
// way, and takes none that is longer or shorter than it must be.
func Fetch(ctx context.Context, c Settings, prefix, sha256 string, size int64, to io.Writer) error {
	c.NodeID = besides(c.NodeID, "push")
	parts := make(chan []byte, 1)
	want := ""
	l, err := dial(ctx, &c, "", ears{message: func(paho.Message) {}})
	if err != nil {
		return err
	}
	defer l.client.Disconnect(100)
	failed := func(err error) error { return fmt.Errorf("broker %s: %w", redact.URLs(c.Broker), err) }
	for n := 0; size > 0; n++ {
		length := min(size, PartBytes)
		want = topic.Part(prefix, sha256, n)
		t := l.client.Subscribe(want, 1, func(_ paho.Client, m paho.Message) {
			select {
			case parts <- m.Payload():
			default: // the first one counts
			}
		})
		var part []byte
		select {
		case part = <-parts:
		case <-time.After(partPatience):
			return failed(fmt.Errorf("part %d of %q does not come: it was taken off, or may not be read", n, want))
		case <-ctx.Done():
			return ctx.Err()
		case <-l.lost:
			return failed(l.loss())
		}
		if int64(len(part)) != length {
			return failed(fmt.Errorf("part %d has %d bytes, want %d", n, len(part), length))
		}
		if _, err := to.Write(part); err != nil {
			return err
		}
		if err := l.wait(ctx, t); err != nil {
			return failed(err)
		}
		l.client.Unsubscribe(want)
		select { // one that came late belongs to no other part
		case <-parts:
		default:
		}
		size -= length
	}
	return nil
}
