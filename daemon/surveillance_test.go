package daemon

import (
	"strings"
	"testing"

	"earshot/daemon/alarm"
	"earshot/daemon/status"
	"earshot/publish/topic"
)

// TestSurveillance: armed over MQTT, a sound raises an alarm that is told to the house, stays over a restart, and ends when it is
// acknowledged; the evidence is whole. A mode with a label that is not watched is refused.
func TestSurveillance(t *testing.T) {
	yaml := quick + "sources: [" + loop("src", wav(t, "dog", 3.0)) + "]\nsurveillance: {away: [{label: dog, on: 0.2}]}\n"
	r := newRig(t, yaml)
	state := func(want string) func([]message) bool {
		return func(all []message) bool {
			told := on(all, "earshot/n1/alarm")
			return len(told) > 0 && strings.Contains(told[len(told)-1], `"state":"`+want+`"`)
		}
	}
	say := func(command string) {
		t.Helper()
		if token := r.house.client.Publish("earshot/n1/alarm/set", 1, false, command); !token.WaitTimeout(hang) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	r.start()
	<-r.ready
	r.house.wait(t, "disarmed", state("disarmed"))
	r.house.wait(t, "the dog", has("n1/src/dog/state", "ON"))
	say(topic.AlarmAway)
	r.house.wait(t, "the alarm", state("triggered"))
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.forget()
	r.page = ""
	r.start()
	r.until(t, "the alarm after a restart", func(s status.Status) bool { return s.Alarm != nil && s.Alarm.On && s.Alarm.Mode == alarm.Away })
	r.house.wait(t, "the alarm after a restart", state("triggered"))
	if code, text := r.post(t, "alarm", `{"command":"DISARM"}`); code != 200 {
		t.Errorf("disarmed on the page: %d %s", code, text)
	}
	r.house.wait(t, "disarmed again", state("disarmed"))
	r.hupBad(t, strings.Replace(yaml, "{label: dog, on", "{label: cow, on", 1), `surveillance.away[0].label: "cow" is no watched label`)
	r.configure(yaml)
	f, err := r.opts.Load()
	if err != nil {
		t.Fatal(err)
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	dir, err := f.Config.StateFolder()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := alarm.Verify(dir); err != nil || v.N < 4 {
		t.Errorf("%+v, %v", v, err)
	}
}
