package publish

import (
	"sync"
	"testing"
	"time"

	"earshot/publish/topic"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestTopicsKeepTheTable: every topic on a real broker is in the table of leaves, comes with the quality of
// service that stands there, and is retained if the table says so. Every leaf that is written is seen.
func TestTopicsKeepTheTable(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	var mu sync.Mutex
	qos := map[string]byte{}
	wait(t, l.client.Subscribe("earshot/#", 1, func(_ mqtt.Client, x mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		qos[x.Topic()] = x.Qos()
	}))
	r := run(t, testConfig(m.URL()))
	r.SourceAvailable("mic", true, "")
	r.Occurrence(onset("dog", 0))
	r.Occurrence(end("dog", 0, time.Second))
	r.Scores("mic", epoch, []LabelScore{{Label: "dog", Score: 0.5}})
	r.Image("mic", []byte("a picture"))
	r.Diagnostics(Diagnostics{})
	r.Report(PushReport{})
	tree, seen := topic.NewTree("earshot", "n1"), map[topic.Leaf]bool{}
	eventually(t, "every leaf is seen", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for name := range qos {
			leaf, _ := tree.Leaf(name)
			seen[leaf] = true
		}
		for _, leaf := range topic.Leaves {
			if !leaf.Command && !seen[leaf] {
				return false
			}
		}
		return true
	})
	r.settled(t)
	kept := m.retained()
	mu.Lock()
	defer mu.Unlock()
	for name, got := range qos {
		leaf, known := tree.Leaf(name)
		if _, is := kept[name]; !known || got != leaf.QoS || is != leaf.Retained || leaf.Command {
			t.Errorf("%s came with QoS %d, retained %v; the table has %+v", name, got, is, leaf)
		}
	}
}
