package daemon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/status"
	"earshot/internal/test/testmodel"
	"earshot/verify"
	"earshot/verify/logmel"
)

// verified gives the rig a model that brings a head, and the file of a second network. The head says yes to dog
// whatever it hears, and no to siren.
func verified(t *testing.T, r *rig) (embedder string) {
	t.Helper()
	fusion := verify.Fusion{Candidate: 0.4, A: 0.5, B: 1, On: 0.5, Off: 0.4}
	head := testmodel.HeadSpec{Labels: []string{"dog", "siren"}, Weight: []float64{0, 0}, Bias: []float64{6, -6}, Fusions: []verify.Fusion{fusion, fusion}}
	spec := testmodel.New(testLabels...)
	spec.Metadata["verify"] = head.Text()
	onnx := spec.Bytes()
	r.opts.BuiltIn = func() []byte { return onnx }
	second := testmodel.NewEmbedder("Speech")
	second.Metadata["front_end"] = logmel.Fingerprint
	embedder = filepath.Join(t.TempDir(), "second.onnx")
	if err := os.WriteFile(embedder, second.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return embedder
}

// TestSecondOpinion: what both networks hear is told with what each said; what the second denies is not told, and is
// when it is switched off.
func TestSecondOpinion(t *testing.T) {
	for _, choice := range []string{"file", "off"} {
		t.Run(choice, func(t *testing.T) {
			path := wav(t, "", 2.0, "dog", 3.0, "", 8.0, "siren", 3.0, "", 8.0)
			r := newRig(t, "")
			second := verified(t, r)
			if choice == "off" {
				second = choice
			}
			r.configure(fmt.Sprintf("sources: [{name: src, kind: file, paths: [%q], realtime: false}]\nwatch: {hold: 1s, groups: []}\nverify: {model: %q}\n", path, second))
			r.start()
			if err := r.end(); err != nil {
				t.Fatal(err)
			}
			var heard []string
			r.house.wait(t, "offline", has("earshot/n1/availability", "offline"))
			r.house.mu.Lock()
			defer r.house.mu.Unlock()
			for _, p := range on(r.house.all, "/src/event") {
				var e struct {
					Type          string   `json:"event_type"`
					Phase         string   `json:"phase"`
					First, Second *float64 // absent where the second was not asked
				}
				if err := json.Unmarshal([]byte(p), &e); err != nil {
					t.Fatal(err)
				}
				if e.Phase == "end" { // the beginning and the end are a message each
					heard = append(heard, e.Type)
				}
				if asked := choice == "file"; (e.First != nil) != asked || (e.Second != nil) != asked || asked && *e.Second < 0.9 {
					t.Errorf("event %s", p)
				}
			}
			if got, want := strings.Join(heard, " "), map[string]string{"file": "dog", "off": "dog siren"}[choice]; got != want {
				t.Errorf("heard %q, want %q", got, want)
			}
			if n := strings.Count(r.log.String(), `"message":"second opinion"`); n != 1 {
				t.Errorf("the log tells of the second opinion %d times", n)
			}
		})
	}
}

// TestReloadSecondOpinion: a reload switches the second opinion, and refuses a file that is none.
func TestReloadSecondOpinion(t *testing.T) {
	path := wav(t, "", 30.0)
	r := newRig(t, "")
	second := verified(t, r)
	yaml := fmt.Sprintf("sources: [{name: src, kind: file, paths: [%q], loop: true}]\n", path)
	r.configure(yaml + fmt.Sprintf("verify: {model: %q}\n", second))
	r.start()
	r.until(t, "asked", func(s status.Status) bool { return len(s.Sources) == 1 && s.Sources[0].Verify != nil })
	for _, c := range []struct{ model, why, second string }{
		{"off", "", "none: switched off"},
		{path, "second opinion", "none: switched off"},
		{second, "", "test (2 labels)"},
	} {
		r.configure(yaml + fmt.Sprintf("verify: {model: %q}\n", c.model))
		r.reload <- os.Interrupt
		what := <-r.reloads
		if (what.Err != nil) != (c.why != "") || what.Err != nil && !strings.Contains(what.Err.Error(), c.why) {
			t.Fatalf("%s: %v", c.model, what.Err)
		}
		if got := r.status(t).Second; got != c.second {
			t.Errorf("%s: the second opinion is %q, want %q", c.model, got, c.second)
		}
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
