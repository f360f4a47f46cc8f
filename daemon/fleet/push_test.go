package fleet

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"earshot/publish"
	"earshot/publish/topic"
)

// broker stands for what a push is sent through: it notes what is on it, and loses the connection before the so-many-th message.
type broker struct {
	kept map[string]string
	sent []string // nodes that were sent a manifest
	lose int
}

func (b *broker) say(_ context.Context, all []topic.Message) error {
	for _, m := range all {
		if b.lose--; b.lose == 0 {
			return fmt.Errorf("broker: %w", publish.ErrLost)
		}
		if b.kept[m.Topic] = string(m.Payload); len(m.Payload) == 0 {
			delete(b.kept, m.Topic)
		} else if name, ok := strings.CutSuffix(m.Topic, "/push/set"); ok {
			b.sent = append(b.sent, name)
		}
	}
	return nil
}

// TestPushGoesOn: a connection that is lost while something is sent costs nothing but time; who is cut off is left out; and at the end nothing
// stays on the broker.
func TestPushGoesOn(t *testing.T) {
	signer, _ := newKey(t)
	for lose := range 8 { // in each of what is sent; 0 is never
		b := &broker{kept: map[string]string{}, lose: lose}
		p := Push{Kind: Overlay, Name: "quiet", File: make([]byte, 100<<10), Base: "earshot", To: "*/*", Canary: 1, Life: time.Hour, Counter: 7, Signer: signer, Now: noon,
			Print: func(string, ...any) {}}
		nodes := []publish.Node{{Topic: "earshot/north/a", Online: true}, {Topic: "earshot/north/b", Online: true}, {Topic: "earshot/south/c", Online: true, CutOff: true}}
		err := p.Run(t.Context(), func(_ context.Context, told func([]publish.Node, publish.Say) bool) error {
			for range 20 {
				if !told(nodes, b.say) {
					return nil
				}
				for i := range nodes { // who was sent it keeps it
					if strings.Contains(strings.Join(b.sent, " "), nodes[i].Topic) {
						nodes[i].Push = publish.PushReport{Counter: 7, State: Kept}
					}
				}
			}
			return fmt.Errorf("it does not end")
		})
		if err != nil || strings.Join(b.sent, " ") != "earshot/north/a earshot/north/b" || len(b.kept) > 2 {
			t.Errorf("lost at %d: %v, sent to %q, %d topics stay", lose, err, b.sent, len(b.kept))
		}
		for name := range b.kept { // a node takes its own off
			if !strings.HasSuffix(name, "/push/set") {
				t.Errorf("lost at %d: %s stays", lose, name)
			}
		}
	}
}

// TestDealtWithAgain: a manifest that comes once more, since a broker did not hear that it was dealt with, is taken off, and not looked at again.
func TestDealtWithAgain(t *testing.T) {
	b := newBench(t)
	b.file = []byte("log: {level: warn}\n")
	text, err := b.manifest(nil).Sign(b.signer)
	if err != nil {
		t.Fatal(err)
	}
	off := make(chan bool, 100)
	b.Tell = func(r publish.PushReport, dealtWith bool) {
		if dealtWith && r.State == Kept {
			off <- true
		}
	}
	for range 2 { // the second is another process
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		node := New(b.Means)
		go func() { done <- node.Run(ctx) }()
		for range 2 {
			node.Pushed(text)
			<-off
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if b.reloads != 1 {
		t.Errorf("%d reloads", b.reloads)
	}
}
