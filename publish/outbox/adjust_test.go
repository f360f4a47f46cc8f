package outbox

import (
	"testing"
	"time"
)

func TestAdjustmentCommands(t *testing.T) {
	o := newTest(100)
	for _, x := range []struct {
		topic, payload string
		want           Command
		fails          bool
	}{
		{"earshot/n1/mic/dog/threshold/set", "0.75", Command{Source: "mic", Label: "dog", Kind: Threshold, Value: 0.75}, false},
		{"earshot/n1/mic/dog/threshold/set", "default", Command{Source: "mic", Label: "dog", Kind: Threshold, Undo: true}, false},
		{"earshot/n1/mic/dog/hold/set", " 12.5\n", Command{Source: "mic", Label: "dog", Kind: Hold, Value: 12.5}, false},
		{"earshot/n1/mic/threshold/set", "default", Command{Source: "mic", Kind: Threshold, Undo: true}, false}, // of all labels
		{"earshot/n1/mic/threshold/set", "0.5", Command{}, true},
		{"earshot/n1/yard/threshold/set", "default", Command{}, true},
		{"earshot/n1/mic/dog/threshold/set", "0", Command{}, true},
		{"earshot/n1/mic/dog/threshold/set", "1.1", Command{}, true},
		{"earshot/n1/mic/dog/threshold/set", "NaN", Command{}, true},
		{"earshot/n1/mic/dog/hold/set", "3601", Command{}, true},
		{"earshot/n1/mic/dog/hold/set", "", Command{}, true},
		{"earshot/n1/mic/alarm/threshold/set", "0.5", Command{}, true}, // a group
		{"earshot/n1/mic/nothing/threshold/set", "0.5", Command{}, true},
	} {
		c, is, err := o.Obey(x.topic, []byte(x.payload), false, epoch)
		if !is || (err != nil) != x.fails || err == nil && c != x.want {
			t.Errorf("%s %q: %+v, %v, %v", x.topic, x.payload, c, is, err)
		}
		if bad := CheckCommand(x.topic, []byte(x.payload), false); bad != nil && !x.fails {
			t.Errorf("%s %q does not get in: %v", x.topic, x.payload, bad)
		}
	}
	if _, _, err := o.Obey("earshot/n1/mic/dog/threshold/set", []byte("0.5"), true, epoch); err == nil {
		t.Error("a retained command is obeyed")
	}
	o.Adjusted("mic", "dog", 0.75, 0.4, 2500*time.Millisecond)
	for name, want := range map[string]string{"threshold": "0.75", "hold": "2.5"} {
		if got := string(o.Value("earshot/n1/mic/dog/" + name)); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
