package publish

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"earshot/publish/topic"
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
	l.publish("earshot/north/bridge", "0", true)
	l.publish("earshot/south/bridge", "1", true)
	before := m.retained()
	c := testConfig(m.URL())
	c.NodeID = "console"
	var nodes []Node
	ctx, cancel := context.WithTimeout(t.Context(), hang)
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
	if other := nodes[1]; other.Topic != "earshot/north/n2" || other.Online || !other.CutOff || n.CutOff || len(other.Sources) == 0 || other.Sources[0].Online {
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

// TestFleetOutlivesTheBroker: who looks on while the broker goes sees the nodes offline, and then as they come back; a broker that was never there
// is told at once.
func TestFleetOutlivesTheBroker(t *testing.T) {
	m := newMosquitto(t)
	a := run(t, testConfig(m.URL()))
	a.settled(t)
	c := testConfig(m.URL())
	c.NodeID = "console"
	told := make(chan error, 10)
	c.OnStatus = func(s Status) {
		select {
		case told <- s.Err:
		default:
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	var seen []bool // online or not, each change
	var lost error
	err := Fleet(ctx, c, func(all []Node, say Say) bool {
		if len(all) != 1 {
			t.Errorf("%+v", all)
			return false
		}
		if now := all[0].Online; len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
		if lost == nil && all[0].Online {
			m.restart()
			for lost == nil {
				lost = say(ctx, []topic.Message{topic.Kept("earshot/north/x", []byte("x"))})
			}
			return true
		}
		return !all[0].Online
	})
	if err != nil || ctx.Err() != nil || !seen[0] || !seen[len(seen)-1] {
		t.Errorf("%v, %v, online %v", err, ctx.Err(), seen)
	}
	if why := <-told; !errors.Is(lost, ErrLost) || !errors.Is(why, ErrLost) {
		t.Errorf("%v, %v; want %v", lost, why, ErrLost)
	}
	m.Kill()
	if err := Fleet(ctx, c, func([]Node, Say) bool { return false }); err == nil {
		t.Error("nobody is there, and all is well")
	}
}

// TestAnotherModel: what stands beside a node is the model that it listens with, after a reload too.
func TestAnotherModel(t *testing.T) {
	m := newMosquitto(t)
	c := testConfig(m.URL())
	r := run(t, c)
	r.settled(t)
	c.Device.Model = "another"
	if err := r.Reconfigure(c); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other model", func() bool { return strings.Contains(string(m.retained()["earshot/n1/instance"]), `"another"`) })
}
