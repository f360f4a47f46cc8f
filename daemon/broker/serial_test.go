package broker

import (
	"fmt"
	"net"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestWildcardsWhileRetainedTopicsChange is what the race detector is for: without serial it finds the server reading
// what it writes.
func TestWildcardsWhileRetainedTopicsChange(t *testing.T) {
	b := start(t)
	var writers, readers sync.WaitGroup
	var over atomic.Bool
	for w := range 4 {
		c := connect(t, b, fmt.Sprintf("writer%d", w))
		writers.Go(func() {
			for i := 0; !over.Load(); i++ {
				payload := "x"
				if i%3 == 2 {
					payload = "" // takes the topic off
				}
				if token := c.Publish(fmt.Sprintf("a/%d/%d/state", w, i/3%4), byte(i%2), true, payload); !token.WaitTimeout(hang) {
					t.Error("a retained message is not acknowledged")
					return
				}
			}
		})
	}
	for r := range 8 {
		c := connect(t, b, fmt.Sprintf("reader%d", r))
		readers.Go(func() {
			for i := range 40 {
				filter := []string{"#", "a/#", "a/+/+/state", "+/1/#", "$SYS/#"}[(r+i)%5]
				if token := c.Subscribe(filter, 0, func(mqtt.Client, mqtt.Message) {}); !token.WaitTimeout(hang) || token.Error() != nil {
					t.Errorf("%s: %v", filter, token.Error())
				}
			}
		})
	}
	readers.Wait()
	over.Store(true)
	writers.Wait()
	if ownClient(t, b) == nil {
		t.Error("the daemon does not come in")
	}
}

// TestDelayedWill: a last will that MQTT 5 lets a client put off is said at once, and stays.
func TestDelayedWill(t *testing.T) {
	b := start(t)
	host, port, _ := net.SplitHostPort(b.Addr())
	c := exec.Command("mosquitto_sub", "-h", host, "-p", port, "-V", "mqttv5", "-t", "x", "-x", "600",
		"--will-topic", "will", "--will-payload", "gone", "--will-retain", "-D", "will", "will-delay-interval", "600")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(hang); b.server.Clients.Len() < 1; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("mosquitto_sub does not come")
			break
		}
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	if got := subscribe(t, b, "mqttv5", "will", "1"); got != "will gone\n" {
		t.Errorf("%q", got)
	}
	var again atomic.Bool // it is remembered
	if reader := connect(t, b, "reader"); reader != nil {
		reader.Subscribe("+", 0, func(_ mqtt.Client, m mqtt.Message) { again.Store(m.Retained() && string(m.Payload()) == "gone") }).WaitTimeout(hang)
	}
	for end := time.Now().Add(hang); !again.Load(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is not remembered")
		}
	}
}

// TestNoStatistics: nothing is written below $SYS, which would race.
func TestNoStatistics(t *testing.T) {
	b := start(t)
	if n := b.server.Topics.Retained.Len(); n != 0 {
		t.Errorf("%d topics are remembered at the start", n)
	}
}
