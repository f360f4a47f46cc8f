package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"earshot/internal/subscribe"
	"earshot/internal/test/mosquitto"
)

// bridgeOf is the configuration that docs/fleet.md gives an installer for the site's broker, for another site and another address. What
// encrypts and identifies is left out: both brokers are on this machine.
func bridgeOf(site, office string) ([]string, error) {
	text, err := os.ReadFile("docs/fleet.md")
	if err != nil {
		return nil, err
	}
	block := regexp.MustCompile("(?s)```\n(connection north\n.*?)```").FindSubmatch(text)
	if block == nil {
		return nil, fmt.Errorf("docs/fleet.md has no block that begins with %q", "connection north")
	}
	var lines []string
	for line := range strings.Lines(string(block[1])) {
		line = strings.TrimSpace(strings.ReplaceAll(line, "north", site))
		switch key, _, _ := strings.Cut(line, " "); {
		case key == "address":
			line = "address " + office
		case key == "bridge_capath", strings.HasPrefix(key, "remote_"):
			continue
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// startBroker runs one as docs/fleet.md has it; it lets everybody in.
func startBroker(lines ...string) (*mosquitto.Broker, error) {
	b, err := mosquitto.New()
	if err != nil {
		return nil, err
	}
	if err := b.ConfigurePlain(append([]string{"allow_anonymous true", "log_type error", "log_type warning"}, lines...)...); err != nil {
		return nil, err
	}
	return b, b.Start()
}

// figures are what a broker says of itself, and the kernel of it, since it began.
type figures struct {
	at                    time.Time
	inMessages, inBytes   int64 // packets received, of all kinds
	outMessages, outBytes int64
	cpu                   time.Duration
	resident              int64 // bytes
}

const sys = "$SYS/broker/"

// figuresOf asks a broker, at the moment when it tells of itself: every ten seconds.
func figuresOf(b *mosquitto.Broker) (f figures, err error) {
	seen, err := watch(b.URL(), sys+"+/+")
	if err != nil {
		return f, err
	}
	defer seen.Close()
	received, sent := regexp.MustCompile(`^\$SYS/broker/bytes/received$`), regexp.MustCompile(`^\$SYS/broker/bytes/sent$`)
	err = until("the broker tells of itself", func() bool { return len(seen.matching(received)) > 1 && len(seen.matching(sent)) > 1 })
	if err != nil {
		return f, err
	}
	if f.at, f.cpu, f.resident, err = kernelSays(b.PID()); err != nil {
		return f, err
	}
	time.Sleep(100 * time.Millisecond) // the rest of it
	for name, into := range map[string]*int64{"messages/received": &f.inMessages, "bytes/received": &f.inBytes, "messages/sent": &f.outMessages, "bytes/sent": &f.outBytes} {
		if *into, err = strconv.ParseInt(seen.text(sys+name), 10, 64); err != nil {
			return f, err
		}
	}
	return f, nil
}

// kernelSays is the processor time of a process's first thread, and mosquitto has no other, and its memory.
func kernelSays(pid int) (at time.Time, cpu time.Duration, resident int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return at, 0, 0, err
	}
	ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		return at, 0, 0, err
	}
	if text, err = os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err != nil {
		return at, 0, 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return time.Now(), time.Duration(ns), pages * int64(os.Getpagesize()), err
}

// watcher remembers the newest message on each topic, and when the first and the newest came.
type watcher struct {
	*subscribe.Subscriber
	mu    sync.Mutex
	all   []subscribe.Message
	texts map[string]string
}

func watch(url, filter string) (w *watcher, err error) {
	w = &watcher{texts: map[string]string{}}
	w.Subscriber, err = subscribe.New(url, filter, func(m subscribe.Message) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = append(w.all, m)
		w.texts[m.Topic] = string(m.Payload)
	})
	return w, err
}

// text is the newest on a topic.
func (w *watcher) text(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.texts[name]
}

// matching are the messages so far on topics that a pattern matches.
func (w *watcher) matching(pattern *regexp.Regexp) (out []subscribe.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.all {
		if pattern.MatchString(m.Topic) {
			out = append(out, m)
		}
	}
	return out
}

// newest are the newest texts of topics that a pattern matches; a topic that was cleared is none.
func (w *watcher) newest(pattern *regexp.Regexp) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{}
	for name, text := range w.texts {
		if text != "" && pattern.MatchString(name) {
			out[name] = text
		}
	}
	return out
}

// retained are the messages that a broker keeps on topics that a pattern matches.
func retained(b *mosquitto.Broker, filter string, pattern *regexp.Regexp) (map[string]string, error) {
	w, err := watch(b.URL(), filter)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	// What was kept comes first and says so; nodes that go on telling of themselves must not prolong it.
	for before, now := -1, 0; now != before; {
		before = now
		time.Sleep(500 * time.Millisecond)
		now = w.kept()
	}
	return w.newest(pattern), nil
}

// kept is how many messages were said to be kept ones.
func (w *watcher) kept() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.all {
		if m.Retained {
			n++
		}
	}
	return n
}

// patience is how long anything may take.
const patience = 5 * time.Minute

func until(what string, ok func() bool) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return nil
		}
	}
	return fmt.Errorf("not within %v: %s", patience, what)
}
