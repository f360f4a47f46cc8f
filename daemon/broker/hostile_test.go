package broker

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/resident"

	"earshot/publish"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	server "github.com/mochi-mqtt/server/v2"
)

// hang is how long a test waits for what must happen on the slowest machine.
const hang = 2 * time.Minute

// connect is a local client; nil when it is not let in.
func connect(t *testing.T, b *Broker, id string) mqtt.Client {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(b.URL()).SetClientID(id).SetAutoReconnect(false).SetConnectTimeout(hang))
	if token := c.Connect(); !token.WaitTimeout(hang) || token.Error() != nil {
		return nil
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}

// ownClient runs the daemon's publisher at the broker until it is well.
func ownClient(t *testing.T, b *Broker) *publish.Publisher {
	t.Helper()
	p, err := publish.New(publish.Config{NodeID: "n1", Broker: b.URL(), Dial: b.Dial, Discovery: true,
		Sources: []publish.Source{{Name: "mic", Labels: []publish.Label{{ID: "dog", Watched: true}}}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	for end := time.Now().Add(hang); !(p.Health().OK && p.Stats().Discoveries > 0 && p.Stats().Unsaid == 0); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v %+v", p.Health(), p.Stats())
		}
	}
	return p
}

// TestRetainedBytes: 600 retained messages of 1 MB, and then some thousand small ones.
func TestRetainedBytes(t *testing.T) {
	b := start(t)
	c := connect(t, b, "writer")
	before := resident.MB(t)
	payload := make([]byte, 1<<20-1000)
	for i := range 600 {
		c.Publish(fmt.Sprintf("x/%d", i), 1, true, payload).WaitTimeout(hang)
	}
	if n := b.server.Topics.Retained.Len(); n != 0 {
		t.Errorf("%d topics are remembered of messages that are too long", n)
	}
	for i := range 3 * maxRetainedTopics {
		c.Publish(fmt.Sprintf("y/%d", i), 0, true, payload[:4000])
	}
	c.Publish("end", 1, true, "x").WaitTimeout(hang)
	grown := resident.MB(t) - before
	t.Logf("memory %+d MB; %d topics are remembered", grown, b.server.Topics.Retained.Len())
	total := 0
	for _, p := range b.server.Topics.Retained.GetAll() {
		total += len(p.Payload)
	}
	if total > maxRetainedBytes+1<<20 || grown > 400 { // the race detector doubles it; unbounded, it is 1.4 GB
		t.Errorf("%d bytes are remembered, memory grew by %d MB", total, grown)
	}
	if h := ownClient(t, b).Health(); !h.OK {
		t.Errorf("%+v", h)
	}
}

// TestDeepTopics: topics of thousands of levels, each of which the server would have a node for, take neither memory nor time,
// remembered, listened to, or said at a client's end.
func TestDeepTopics(t *testing.T) {
	b := start(t)
	c := connect(t, b, "deep")
	before := resident.MB(t)
	for i := range 100 {
		deep := fmt.Sprint(i) + strings.Repeat("/", 60000)
		c.Publish(deep, 0, true, "x")
		if token := c.Subscribe(deep, 0, nil).(*mqtt.SubscribeToken); !token.WaitTimeout(hang) || token.Result()[deep] != 0x80 {
			t.Fatalf("a filter of 60 000 levels: %v, %v", token.Error(), token.Result()[deep])
		}
	}
	if grown := resident.MB(t) - before; b.server.Topics.Retained.Len() > 0 || grown > 100 { // unbounded, it is 3 GB
		t.Errorf("%d topics are remembered; memory %+d MB", b.server.Topics.Retained.Len(), grown)
	}
	for i := range 3 {
		filters := map[string]byte{}
		for k := range 8000 {
			filters[fmt.Sprintf("%d/%d", i, k)] = 0
		}
		c.SubscribeMultiple(filters, nil).WaitTimeout(hang)
	}
	if n := b.server.Info.Subscriptions; n > maxFilters {
		t.Errorf("%d filters", n)
	}
	if h := ownClient(t, b).Health(); !h.OK {
		t.Errorf("%+v", h)
	}
	if w, _ := (&quota{sizes: map[string]int{}}).OnWill(&server.Client{}, server.Will{TopicName: strings.Repeat("/", 60000), Payload: []byte("x"), Retain: true}); w.Retain {
		t.Error("such a last will is kept")
	}
}

// TestSessionsAreBounded: clients that come, ask for a session that lasts, and go.
func TestSessionsAreBounded(t *testing.T) {
	b := start(t)
	for i := range 2 * maxSessions {
		c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(b.URL()).SetClientID(fmt.Sprint("guest", i)).SetCleanSession(false).SetAutoReconnect(false))
		if token := c.Connect(); !token.WaitTimeout(hang) || token.Error() != nil {
			t.Fatalf("client %d: %v", i, token.Error())
		}
		c.Subscribe("x", 1, nil).WaitTimeout(hang)
		c.Disconnect(0)
	}
	for end := time.Now().Add(hang); b.server.Clients.Len() > maxSessions+1; time.Sleep(10 * time.Millisecond) { // the newest may be leaving yet
		if time.Now().After(end) {
			t.Fatalf("%d sessions", b.server.Clients.Len())
		}
	}
}

// TestWillsAreCounted: a last will is remembered like any other message, so it is counted like one.
func TestWillsAreCounted(t *testing.T) {
	q := &quota{sizes: map[string]int{}}
	kept := 0
	for i := range 1000 {
		w, err := q.OnWill(&server.Client{}, server.Will{TopicName: fmt.Sprint(i), Payload: make([]byte, 15<<10), Retain: true})
		if err != nil {
			t.Fatal(err)
		}
		if w.Retain {
			kept++
		}
	}
	if kept == 0 || kept*(15<<10) > maxRetainedBytes {
		t.Errorf("%d wills of 15 kB are kept", kept)
	}
}

// TestSilentConnections: those that say nothing make room for those that do, and end by themselves.
func TestSilentConnections(t *testing.T) {
	b := start(t)
	var silent []net.Conn
	for range 3000 {
		c, err := net.Dial("tcp", b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		silent = append(silent, c)
	}
	if connect(t, b, "polite") == nil {
		t.Error("no room for one who says CONNECT")
	}
	for i, c := range silent {
		_ = c.SetReadDeadline(time.Now().Add(hang))
		if _, err := io.ReadFull(c, make([]byte, 1)); err == nil || os.IsTimeout(err) {
			t.Fatalf("connection %d is still open: %v", i, err)
		}
	}
}

// TestOwnClientHasAPlace: others fill the broker; the daemon comes in all the same.
func TestOwnClientHasAPlace(t *testing.T) {
	b := start(t)
	in := 0
	for i := range maxConns + 40 {
		if connect(t, b, fmt.Sprintf("idle%d", i)) != nil {
			in++
		}
	}
	if in != maxConns {
		t.Errorf("%d others are in, want %d", in, maxConns)
	}
	ownClient(t, b)
}
