package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"earshot/publish/topic"
)

// TestPush: a manifest comes to the node whoever sends it and whenever, its file in parts that are bounded, and what the node reports stands
// on the broker, whoever else writes there.
func TestPush(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	file := bytes.Repeat([]byte("0123456789abcdef"), 10000) // two whole parts and a shorter one
	sum := sha256.Sum256(file)
	digest := hex.EncodeToString(sum[:])
	for _, part := range Parts("earshot", digest, file) {
		l.publish(part.Topic, string(part.Payload), true)
	}
	l.publish("earshot/n1/push/set", "manifest", true)
	var mu sync.Mutex
	var got []string
	c := testConfig(m.URL())
	c.Pushed = func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, string(b))
	}
	r := run(t, c)
	eventually(t, "the manifest", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 1 && got[0] == "manifest"
	})
	var fetched bytes.Buffer
	if err := FetchPush(t.Context(), c, digest, int64(len(file)), &fetched); err != nil || !bytes.Equal(fetched.Bytes(), file) {
		t.Errorf("%d bytes, %v", fetched.Len(), err)
	}
	l.publish(topic.Part("earshot", digest, 1), "short", true)
	fetched.Reset()
	if err := FetchPush(t.Context(), c, digest, int64(len(file)), &fetched); err == nil || !strings.Contains(err.Error(), "part 1 has 5 bytes, want 65536") {
		t.Errorf("a part cut short: %v", err)
	}
	l.publish(topic.Part("earshot", digest, 0), strings.Repeat("x", 200000), true)
	if err := FetchPush(t.Context(), c, digest, int64(len(file)), &fetched); err == nil || !strings.Contains(err.Error(), "part 0 has 200000 bytes") {
		t.Errorf("a part that is too long: %v", err)
	}
	r.Report(PushReport{Counter: 7, Name: "quiet", State: "kept"})
	r.ForgetPush()
	eventually(t, "the report, and no manifest", func() bool {
		kept := m.retained()
		_, still := kept["earshot/n1/push/set"]
		return !still && strings.Contains(string(kept["earshot/n1/push"]), `"state":"kept"`)
	})
	r.settled(t)
	l.publish("earshot/n1/push", `{"state":"refused"}`, true)
	eventually(t, "the report again", func() bool { return strings.Contains(string(m.retained()["earshot/n1/push"]), `"kept"`) })
	if err := r.Reconfigure(c); err != nil {
		t.Fatal(err)
	}
	r.settled(t)
	if !strings.Contains(string(m.retained()["earshot/n1/push"]), `"kept"`) {
		t.Error("the report goes with a reload")
	}
}
