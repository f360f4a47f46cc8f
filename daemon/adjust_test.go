package daemon

import "testing"

// TestThresholdLasts: a threshold that is set over MQTT counts at once, still does after a restart, and is undone by
// "default". At 1 the dog is never heard.
func TestThresholdLasts(t *testing.T) {
	r := newRig(t, quick+"sources: ["+loop("src", wav(t, "dog", 3.0))+"]\n")
	set := func(leaf, value string) {
		t.Helper()
		if token := r.house.client.Publish("earshot/n1/src/dog/"+leaf+"/set", 1, false, value); !token.WaitTimeout(hang) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	r.start()
	<-r.ready
	r.house.wait(t, "the dog", has("n1/src/dog/state", "ON"))
	set("hold", "0.1")
	r.house.wait(t, "the hold", has("n1/src/dog/hold", "0.1"))
	set("threshold", "1")
	r.house.wait(t, "the threshold", has("n1/src/dog/threshold", "1"))
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.forget()
	r.start()
	<-r.ready
	r.house.wait(t, "it is there again", has("n1/src/dog/threshold", "1"))
	r.house.wait(t, "the hold is there again", has("n1/src/dog/hold", "0.1"))
	r.house.mu.Lock()
	heard := has("n1/src/dog/state", "ON")(r.house.all)
	r.house.mu.Unlock()
	if heard {
		t.Error("it is heard all the same")
	}
	r.house.forget()
	if token := r.house.client.Publish("earshot/n1/src/threshold/set", 1, false, "default"); !token.WaitTimeout(hang) || token.Error() != nil { // of all labels
		t.Fatal(token.Error())
	}
	r.house.wait(t, "the dog again", has("n1/src/dog/state", "ON"))
	r.house.wait(t, "the hold as configured", func(all []message) bool { h := on(all, "n1/src/dog/hold"); return len(h) > 0 && h[len(h)-1] != "0.1" })
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
