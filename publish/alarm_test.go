package publish

import (
	"strings"
	"testing"

	"earshot/publish/topic"
)

// TestAlarmOnTheBroker: an alarm panel's words come as commands, retained ones and others do not, and what is armed stands on the broker; without
// surveillance nothing of it does.
func TestAlarmOnTheBroker(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	plain := run(t, testConfig(m.URL()))
	plain.settled(t)
	plain.stop(t)
	for name, payload := range m.retained() {
		if strings.Contains(name, "tamper") || strings.HasSuffix(name, "/n1/alarm") || strings.Contains(string(payload), "alarm_control_panel") {
			t.Errorf("without surveillance: %s", name)
		}
	}
	c := testConfig(m.URL())
	c.Guarded = true
	r := run(t, c)
	r.Alarm(AlarmState{State: "armed_away", Mode: "away"})
	r.Tamper("mic", "covered")
	r.settled(t)
	kept := m.retained()
	if got := string(kept["earshot/n1/alarm"]); !strings.Contains(got, `"state":"armed_away"`) {
		t.Error(got)
	}
	if got := string(kept["earshot/n1/mic/tamper"]); got != `{"state":"ON","reason":"covered","detail":""}` {
		t.Error(got)
	}
	tree := topic.NewTree("earshot", "n1")
	l.publish(tree.Of(topic.NodeAlarmSet), "OPEN SESAME", false)
	l.publish(tree.Of(topic.NodeAlarmSet), "DISARM", false)
	if got := <-r.Commands(); got.Kind != Alarm || got.Text != "DISARM" {
		t.Errorf("%+v", got)
	}
}
