package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"earshot/internal/test/quota"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

const (
	// mostMemory is what the program may have resident under any flood, in MB.
	mostMemory = 200
	// unitMemory is what the service's unit gives it, in bytes (MemoryMax); what takes more is killed.
	unitMemory = 512 << 20
)

// hostile lists what untrusted peers do. Each is done to a program that hears a bark every five seconds; it must go
// on, in bounded memory, answering and well.
func hostile() (all []fault) {
	const promise = "at most 200 MB; answers, is well, was not started again"
	for _, f := range []struct {
		name          string
		before, after func(*scene) error
	}{
		{"hostile: 255 MB retained on three topics of ours", hugeRetained, nil},
		{"hostile: 6 000 retained messages of 250 kB below the node", manyLarge, nil},
		{"hostile: 200 000 foreign retained topics below the node, keep-alive 5 s", manyTopics, nil},
		{"hostile: 100 000 mute commands", nil, muteFlood},
		{"hostile: 3 000 messages of 250 kB, QoS 2, on a topic of commands", nil, largeFlood},
		{"hostile: 8 000 requests whose body does not come", nil, page(8000, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx")},
		{"hostile: 2 000 × /metrics that nobody reads", nil, page(2000, strings.Repeat("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 20))},
		{"hostile: 2 000 × HEAD of the page's stream", nil, page(2000, "HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n")},
		{"hostile: 3 000 connections to the page that say nothing", nil, page(3000, "")},
	} {
		all = append(all, fault{f.name, promise, func(s *scene) (outcome, error) { return s.endure(f.before, f.after) }})
	}
	return all
}

// endure does something to the broker before the program starts, or to the program after, and looks at its memory.
func (s *scene) endure(before, after func(*scene) error) (out outcome, err error) {
	s.house.leave() // it would remember the flood itself
	if before != nil {
		if err := before(s); err != nil {
			return out, err
		}
	}
	config, err := s.barks(2*time.Second, 5*time.Second, false)
	if err != nil {
		return out, err
	}
	s.daemon = newDaemon(s)
	if err := s.daemon.configure(s.configuration(config, "keep_alive: 5s")); err != nil {
		return out, err
	}
	if s.daemon.quota, err = quota.Memory(unitMemory); err != nil {
		return out, err
	}
	began := time.Now()
	if err := s.daemon.start(); err != nil {
		return out, err
	}
	var most atomic.Int64
	stop := make(chan struct{})
	defer close(stop)
	go func() { // samples the memory, every 20 ms
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				if mb, _, err := s.daemon.figures(); err == nil && int64(mb) > most.Load() {
					most.Store(int64(mb))
				}
			}
		}
	}()
	well, err := s.well()
	if err != nil {
		return out, err
	}
	usual := most.Load()
	back := fmt.Sprintf("well %s after its start", span(well.Sub(began)))
	if after != nil {
		most.Store(0)
		if err := after(s); err != nil {
			return out, err
		}
		flooded := time.Now()
		if well, err = s.well(); err != nil {
			return out, err
		}
		back = fmt.Sprintf("well and answering %s after the flood", span(well.Sub(flooded)))
	}
	time.Sleep(10 * time.Second) // two barks, and whatever comes late
	if _, err = s.well(); err != nil {
		return out, err
	}
	now, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	s.daemon.mu.Lock()
	restarts := s.daemon.restarts
	s.daemon.mu.Unlock()
	if restarts > 0 {
		s.fail("started again %d times", restarts)
	}
	if now.Broker.Dropped > 0 || now.Broker.Connects != 1 {
		s.fail("%d events dropped, %d connections", now.Broker.Dropped, now.Broker.Connects)
	}
	if most.Load() > mostMemory {
		s.fail("%d MB resident", most.Load())
	}
	out.lost = fmt.Sprintf("%d events; memory at most %d MB", now.Broker.Dropped, most.Load())
	if after != nil {
		out.lost += fmt.Sprintf(" (%d before)", usual)
	}
	out.back = back
	return out, nil
}

// well waits until the page says so.
func (s *scene) well() (at time.Time, err error) {
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		response, err := client.Get("http://" + s.daemon.page + "/healthz")
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return time.Now(), nil
		}
	}
	return at, fmt.Errorf("%w: well within %v", errNever, patience)
}

// stranger is a client of the broker's.
func (s *scene) stranger() (mqtt.Client, error) {
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(s.broker.URL()).SetClientID("stranger").SetWriteTimeout(patience))
	if token := client.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		return nil, fmt.Errorf("stranger: %v", token.Error())
	}
	return client, nil
}

// flood publishes n messages and waits until the broker has the last.
func (s *scene) flood(n int, qos byte, retained bool, message func(i int) (topic string, payload []byte)) error {
	client, err := s.stranger()
	if err != nil {
		return err
	}
	defer client.Disconnect(100)
	together := 200
	if qos == 2 {
		together = 20 // mosquitto hangs up on more
	}
	var tokens []mqtt.Token
	for i := range n {
		topic, payload := message(i)
		tokens = append(tokens, client.Publish(topic, qos, retained, payload))
		if len(tokens) == together || i == n-1 {
			for _, t := range tokens {
				if !t.WaitTimeout(patience) || t.Error() != nil {
					return fmt.Errorf("flood: message %d: %v", i, t.Error())
				}
			}
			tokens = tokens[:0]
		}
	}
	return nil
}

func hugeRetained(s *scene) error {
	topics := []string{"earshot/faults/availability", "earshot/faults/mic/dog/state", "homeassistant/device/earshot_faults/config"}
	payload := make([]byte, 255e6)
	return s.flood(len(topics), 1, true, func(i int) (string, []byte) { return topics[i], payload })
}

func manyLarge(s *scene) error {
	payload := make([]byte, 250e3)
	return s.flood(6000, 1, true, func(i int) (string, []byte) { return fmt.Sprintf("earshot/faults/mic/x%d/state", i), payload })
}

func manyTopics(s *scene) error {
	return s.flood(200_000, 1, true, func(i int) (string, []byte) { return fmt.Sprintf("earshot/faults/mic/x%d/state", i), []byte("ON") })
}

func muteFlood(s *scene) error {
	return s.flood(100_000, 1, false, func(i int) (string, []byte) {
		return "earshot/faults/mic/mute/set", []byte([]string{"ON", "OFF"}[i%2]) // OFF is the last
	})
}

func largeFlood(s *scene) error {
	payload := make([]byte, 250e3)
	return s.flood(3000, 2, false, func(int) (string, []byte) { return "earshot/faults/mic/mute/set", payload })
}

// page opens n connections to the page, says text over each, and keeps what is kept open for ten seconds.
func page(n int, text string) func(*scene) error {
	return func(s *scene) error {
		var open []net.Conn
		for range n {
			c, err := net.DialTimeout("tcp", s.daemon.page, patience)
			if err != nil {
				continue // refused, which is right
			}
			open = append(open, c)
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = io.WriteString(c, text)
		}
		time.AfterFunc(10*time.Second, func() {
			for _, c := range open {
				c.Close()
			}
		})
		return nil
	}
}
