package publish

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestFleet: nodes are found wherever sites put them, with what they say of themselves; what is on the broker beside is not
// taken for one, and nothing of anybody's is changed.
func TestFleet(t *testing.T) {
	m := newMosquitto(t)
	hall, yard := testConfig(m.URL()), testConfig(m.URL())
	hall.Device.SWVersion, hall.Device.Model = "1.2.3", "ACRNN, 50 sounds"
	yard.NodeID, yard.Topic = "n2", "earshot/north"
	a, b := run(t, hall), run(t, yard)
	a.settled(t)
	b.settled(t)
	a.SourceAvailable("mic", true, "")
	a.Diagnostics(Diagnostics{At: time.Now(), Provider: "cpu", LatencyMS: 12, Sources: []SourceDiagnostics{{Name: "mic", Problem: "clipped"}}})
	b.stop(t)
	l := m.listen()
	l.publish("earshot/stranger/instance", "no JSON", true)
	l.publish("earshot/x/y/z/w/instance", `{"instance":"1"}`, true)
	before := m.retained()
	c := testConfig(m.URL())
	c.NodeID = "console"
	var nodes []Node
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- Fleet(ctx, c, func(all []Node, _ Say) bool {
			nodes = all
			if len(all) == 2 && all[0].LastSeen.IsZero() { // diagnostics are not retained
				a.Diagnostics(Diagnostics{At: time.Now(), Provider: "cpu", LatencyMS: 12, DroppedWindows: 3, Sources: []SourceDiagnostics{{Name: "mic", Problem: "clipped"}}})
				return true
			}
			return false
		})
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 2 {
		t.Fatalf("%d nodes: %+v", len(nodes), nodes)
	}
	n := nodes[0]
	if n.Topic != "earshot/n1" || !n.Online || n.Version != "1.2.3" || n.Model != "ACRNN, 50 sounds" || n.Host == "" || n.Since == "" ||
		n.Provider != "cpu" || n.LatencyMS != 12 || n.Dropped != 3 || len(n.Sources) == 0 {
		t.Errorf("%+v", n)
	}
	for _, s := range n.Sources {
		if s.Name == "mic" && (!s.Online || s.Problem != "clipped") {
			t.Errorf("%+v", s)
		}
	}
	if other := nodes[1]; other.Topic != "earshot/north/n2" || other.Online || len(other.Sources) == 0 || other.Sources[0].Online {
		t.Errorf("%+v", other)
	}
	a.stop(t)
	for name := range m.retained() {
		if _, ok := before[name]; !ok {
			t.Errorf("%s is new on the broker", name)
		}
		if strings.Contains(name, "console") {
			t.Errorf("%s: the one who looks left something", name)
		}
	}
}
