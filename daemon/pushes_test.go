package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/fleet"
	"earshot/daemon/mqtt"
	"earshot/internal/logging"
	"earshot/internal/test/testmodel"
	"earshot/publish"

	"golang.org/x/crypto/ssh"
)

// TestFleetPush: an owner pushes over MQTT. A good overlay and a good model are kept; a bad overlay, and a model that lacks a watched label,
// are refused; one that makes the node ill is rolled back; and each time the rest stays as it was.
func TestFleetPush(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "owner")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := fleet.ReadSigner(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	yaml := "sources: [" + loop("src", wav(t, "", 1.0)) + "]\nwatch: {labels: [{label: dog, on: 0.5, off: 0.3}]}\n" +
		"fleet: {owner_key: '" + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + "'}\n"
	r := newRig(t, yaml)
	r.opts.Reloaded = func(Reloaded) {}
	r.start()
	counter, url := uint64(100), ""
	push := func(kind, name string, file []byte) (string, error) {
		t.Helper()
		counter++
		f, err := config.Parse("console.yaml", []byte("mqtt: {broker: '"+r.broker.URL()+"'}\nnode: {id: console}\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		p := fleet.Push{Kind: kind, Name: name, File: file, URL: url, Base: "earshot", To: "n*", Canary: 1, Soak: 2 * time.Second, Life: time.Hour, Counter: counter, Signer: signer,
			Now: time.Now(), Print: func(format string, a ...any) { fmt.Fprintf(&said, format+"\n", a...) }}
		ctx, cancel := context.WithTimeout(t.Context(), hang)
		defer cancel()
		err = p.Run(ctx, func(ctx context.Context, told func([]publish.Node, publish.Say) bool) error {
			return mqtt.Fleet(ctx, mqtt.Setup{File: f, Log: logging.New(logging.Config{Level: "error", Out: io.Discard})}, told)
		})
		return said.String(), err
	}
	threshold := func() float64 { return r.status(t).Sources[0].Labels[0].Threshold }
	if got := threshold(); got != 0.5 {
		t.Fatalf("configured as 0.5, it is %g", got)
	}
	if said, err := push(fleet.Overlay, "rules", []byte("watch: {labels: [{label: dog, on: 0.7, off: 0.3}]}\n")); err != nil || threshold() != 0.7 {
		t.Fatalf("a good overlay: %v, %g: %s", err, threshold(), said)
	}
	said, err := push(fleet.Overlay, "rules", []byte("colour: red\n"))
	if err == nil || !strings.Contains(said, "colour: unknown key") || threshold() != 0.7 {
		t.Errorf("a bad overlay: %v, %g: %s", err, threshold(), said)
	}
	said, err = push(fleet.Overlay, "sources", []byte("sources: [{name: src, kind: command, command: ['false']}]\n"))
	if err == nil || !strings.Contains(said, fleet.RolledBack) || r.status(t).Sources[0].Kind != config.KindFile {
		t.Errorf("an overlay that silences the node: %v: %s", err, said)
	}
	if said, err := push(fleet.Model, "more", testmodel.New("dog", "cow", "siren", "background").Bytes()); err != nil || !strings.Contains(said, "no clips are kept") {
		t.Errorf("a good model: %v: %s", err, said)
	}
	model := r.status(t).Model
	said, err = push(fleet.Model, "cats", testmodel.New("cat", "cow", "background").Bytes())
	if err == nil || !strings.Contains(said, "the model does not know it") || r.status(t).Model != model {
		t.Errorf("a model without the dog: %v: %s", err, said)
	}
	said, err = push(fleet.Model, "fewer", testmodel.New("dog", "cow", "background").Bytes())
	if err == nil || !strings.Contains(said, `\"alarm\" is watched here, and the model does not know it`) || r.status(t).Model != model {
		t.Errorf("a model without what is watched by default: %v: %s", err, said)
	}
	said, err = push(fleet.Model, "nonsense", []byte("nonsense"))
	if err == nil || !strings.Contains(said, fleet.Refused) || r.status(t).Model != model {
		t.Errorf("no model at all: %v: %s", err, said)
	}
	if said, err := push(fleet.Overlay, "often", []byte("windows: {hop_frames: 8}\n")); err != nil {
		t.Fatalf("more windows: %v: %s", err, said)
	}
	slow := testmodel.New("dog", "cow", "siren", "background")
	slow.Work = 100
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(slow.Bytes()) }))
	defer server.Close()
	url = server.URL // it is longer than the broker here takes
	said, err = push(fleet.Model, "slow", slow.Bytes())
	if err == nil || !strings.Contains(said, "for a window here, and one comes every 93ms") || r.status(t).Model != model {
		t.Errorf("a model that is too slow: %v: %s", err, said)
	}
	r.house.wait(t, "what was put on the broker is taken off", func(all []message) bool {
		left := map[string]bool{}
		for _, m := range all {
			if strings.Contains(m.topic, "fleet-push") || strings.HasSuffix(m.topic, "push/set") {
				if left[m.topic] = true; m.payload == "" {
					delete(left, m.topic)
				}
			}
		}
		return len(left) == 0
	})
	r.cancel()
	if err := r.end(); err != nil {
		t.Error(err)
	}
}
