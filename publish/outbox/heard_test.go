package outbox

import (
	"strings"
	"testing"
	"time"

	"earshot/publish/topic"
)

// TestSoundIsToldAnew: while a label is on, its score and when it was heard last follow the sound, every ten seconds at
// most, and only as long as it is heard; a group follows the strongest of its members; what is muted or off stays.
func TestSoundIsToldAnew(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	o, err := New(Settings{Tree: "earshot/n1", Limit: 10, Replay: time.Minute, Sources: []topic.Source{{Name: "mic", Labels: []topic.Label{
		{ID: "dog", Watched: true, Off: 0.4}, {ID: "pets", Group: true, Members: []string{"dog", "cat"}, Watched: true, Off: 0.4}, {ID: "cat", Watched: true, Off: 0.4}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"dog", "pets"} {
		o.Add(Occurrence{Source: "mic", Label: label, On: true, Score: 0.9, Onset: now}, now)
	}
	for {
		batch, more := o.Next(now, 100, func(string) bool { return false })
		if !more {
			break
		}
		o.Done(batch)
	}
	value := func(label string) string { return string(o.Value("earshot/n1/mic/" + label + "/attributes")) }
	for _, c := range []struct {
		after    time.Duration
		dog, cat float64
		want     map[string]string
	}{
		{9 * time.Second, 0.7, 0, map[string]string{"dog": `"score":0.9,`, "pets": `"score":0.9,`}},
		{10 * time.Second, 0.7, 0.8, map[string]string{"dog": `"score":0.7,"onset":"2026-11-29T12:00:00.000Z","last_on":"2026-11-29T12:00:10.000Z"`, "pets": `"score":0.8,`, "cat": `"score":null`}},
		{15 * time.Second, 0.6, 0.6, map[string]string{"dog": `"score":0.7,`, "pets": `"score":0.8,`}},
		{25 * time.Second, 0.3, 0.5, map[string]string{"dog": `"score":0.7,`, "pets": `"score":0.5,`}},
	} {
		at := now.Add(c.after)
		o.Heard("mic", at, map[string]float64{"dog": c.dog, "cat": c.cat}, at)
		for label, want := range c.want {
			if got := value(label); !strings.Contains(got, want) {
				t.Errorf("after %v %s is %s, want %s", c.after, label, got, want)
			}
		}
	}
	o.Mute(Command{Source: "mic", Label: "dog", On: true}, now)
	o.Heard("mic", now.Add(time.Minute), map[string]float64{"dog": 0.95}, now.Add(time.Minute))
	if got := value("dog"); !strings.Contains(got, `"state":"OFF","score":0.7,`) || !strings.Contains(got, `"count":1`) {
		t.Errorf("muted it is %s", got)
	}
}

// TestImage: of a source's pictures the newest counts, one that is too long or nobody's is not taken, and one stays for a
// Home Assistant that starts later, over another configuration too.
func TestImage(t *testing.T) {
	o := newTest(100)
	o.Image("mic", make([]byte, MaxImage+1))
	o.Image("nobody", []byte("x"))
	if all := o.Newest(); len(all) > 0 {
		t.Errorf("sent %v", all)
	}
	o.Image("mic", []byte("first"))
	o.Image("mic", []byte("second"))
	want := func(what string) {
		t.Helper()
		all := o.Newest()
		if len(all) != 1 || all[0].String() != "earshot/n1/mic/image=second" || all[0].Retain || all[0].QoS != 0 {
			t.Errorf("%s: %+v", what, all)
		}
	}
	want("at once")
	o.RepeatImages()
	want("again")
	o.Configure(o.Sources, true)
	o.RepeatImages()
	want("after a reload")
	o.Configure(nil, true)
	o.RepeatImages()
	if all := o.Newest(); len(all) > 0 {
		t.Errorf("of a source that is gone: %v", all)
	}
}
