package publish

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestTwoWithOneID: two daemons with the same id throw each other out; both know it, and say where the other is.
func TestTwoWithOneID(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	m := newMosquitto(t)
	var said [2]*spoken
	for i := range said {
		c := testConfig(m.URL())
		said[i] = statuses(&c)
		run(t, c)
	}
	for _, s := range said {
		eventually(t, "it names the other", func() bool {
			return strings.Contains(strings.Join(s.errors(), "\n"), `another earshot, on host "`+host+`", runs with this node.id "n1"`)
		})
	}
}

// TestOtherTopicIsNotRefused: what stood below an older prefix and id is cleared, and nobody waits for its echo, which
// cannot come.
func TestOtherTopicIsNotRefused(t *testing.T) {
	m := newMosquitto(t)
	c := testConfig(m.URL())
	c.StateFile = t.TempDir() + "/announced.json"
	r := run(t, c)
	r.settled(t)
	r.stop(t)
	clock := &fakeClock{now: epoch}
	c.Now, c.NodeID, c.Topic = clock.Now, "n2", "other"
	c.Timing.SelfCheck, c.Timing.Recheck = time.Minute, 1000*time.Hour
	r = run(t, c)
	r.up(t)
	checked := clock.Now().Add(c.Timing.SelfCheck)
	eventually(t, "the older topics are gone", func() bool {
		// Removing takes several steps with pauses between; the self-check is not over meanwhile.
		if next := clock.Now().Add(5 * time.Second); next.Before(checked) {
			clock.set(next)
			r.Diagnostics(Diagnostics{}) // wakes the worker
		}
		for topic := range m.retained() {
			if strings.HasPrefix(topic, "earshot/") || strings.Contains(topic, "n1") {
				return false
			}
		}
		return true
	})
	r.settled(t)
	l := m.listen("other/#")
	clock.set(clock.Now().Add(time.Hour))
	r.Occurrence(onset("dog", 0))
	l.expect("other/n2/mic/dog/state", "ON") // sent after a look at what is overdue
	for _, topic := range r.Health().Refused {
		if !strings.HasPrefix(topic, "other/n2/") {
			t.Errorf("%s counts as refused", topic)
		}
	}
}
