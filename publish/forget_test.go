package publish

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestForget: nothing of a node is left on the broker, the entities go before their topics, and another node's stay; a
// node that is online is left alone.
func TestForget(t *testing.T) {
	m := newMosquitto(t)
	c := testConfig(m.URL())
	c.StateFile = filepath.Join(t.TempDir(), "announced.json")
	other := c
	other.NodeID, other.StateFile = "n1_x", ""
	for _, node := range []Config{c, other} {
		r := run(t, node)
		r.settled(t)
		if node.NodeID == c.NodeID {
			if _, err := Forget(context.Background(), c); err == nil || !strings.Contains(err.Error(), `node "n1" is online`) {
				t.Errorf("a living node: %v", err)
			}
		}
		r.stop(t)
	}
	before := len(m.retained())
	topics, err := Forget(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	left := m.retained()
	if len(topics) == 0 || before-len(left) != len(topics) {
		t.Errorf("%d topics of %d are left, %d are said to be gone", len(left), before, len(topics))
	}
	for name := range left {
		if !strings.Contains(name, "n1_x") {
			t.Errorf("%s is left", name)
		}
	}
	if !strings.Contains(strings.Join(topics, " "), "homeassistant/device/earshot_n1_mic/config") || strings.HasPrefix(topics[0], "earshot/") {
		t.Errorf("cleared are %v", topics)
	}
	if _, err := os.Stat(c.StateFile); !os.IsNotExist(err) {
		t.Errorf("the state file: %v", err)
	}
	if again, err := Forget(context.Background(), c); err != nil || len(again) != 0 {
		t.Errorf("a second time: %v, %v", again, err)
	}
}

// TestLivingNodeIsSpared: a node that was copied, and renamed afterwards, takes nothing away from the other, which
// lives on under the old name; one that was only renamed clears what it has left.
func TestLivingNodeIsSpared(t *testing.T) {
	for _, lives := range []bool{true, false} {
		m := newMosquitto(t)
		c := testConfig(m.URL())
		c.StateFile = filepath.Join(t.TempDir(), "announced.json")
		first := run(t, c)
		first.settled(t)
		state, err := os.ReadFile(c.StateFile)
		if err != nil {
			t.Fatal(err)
		}
		if !lives {
			first.stop(t)
		}
		renamed := c
		renamed.NodeID, renamed.StateFile = "n2", filepath.Join(t.TempDir(), "announced.json")
		if err := os.WriteFile(renamed.StateFile, state, 0o600); err != nil {
			t.Fatal(err)
		}
		was := first.Stats().Repaired
		second := run(t, renamed)
		second.settled(t)
		const device = "homeassistant/device/earshot_n1_mic/config"
		if lives {
			time.Sleep(3 * c.Timing.Settle) // what would follow
			if kept := m.retained(); kept[dogState] == "" || kept[device] == "" || first.Stats().Repaired != was {
				t.Errorf("a living node lost %q, %q", kept[dogState], kept[device])
			}
		} else {
			eventually(t, "what the old name left is gone", func() bool {
				kept := m.retained()
				return kept[dogState] == "" && kept[device] == ""
			})
		}
	}
}
