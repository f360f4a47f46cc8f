package daemon

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/status"
	"earshot/infer"
	"earshot/internal/test/inferserver"
)

// serve lets an inference server compute the model of these tests.
func serve(t *testing.T, model []byte) *inferserver.Server {
	t.Helper()
	m, err := infer.ParseModel("served", model)
	if err != nil {
		t.Fatal(err)
	}
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	s, err := infer.NewSession(m, infer.Options{Provider: "cpu", MaxBatch: 64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	server := inferserver.New(len(m.Labels), m.Steps, s.Run)
	server.Parameters = map[string]string{"labels": strings.Join(m.Labels, ","), "front_end": m.FrontEnd}
	return server
}

// TestInferenceServer: windows run on the server; when it is gone they run here, and status, health, metrics and log say
// so; when it is back they run there again. Events are what they would be without all that. The token is nowhere to be read.
func TestInferenceServer(t *testing.T) {
	const token = "tok3n-canary"
	server := serve(t, modelBytes())
	server.Token.Store(token)
	host, stop := server.GRPC(t, "")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, quick+fmt.Sprintf("windows: {hop_frames: 8}\nsources: [%s]\ninference: {provider: cpu, remote: {url: %q, token_file: %q, timeout: 10s}}\n",
		loop("src", wav(t, "", 2.0, "dog", 3.0, "", 2.0)), host, file))
	r.start()
	there := func(s status.Status) bool { return s.Inference.Remote.Active && s.Provider == "remote" }
	r.until(t, "on the server", func(s status.Status) bool { return there(s) && s.Inference.Remote.Windows > 10 })

	stop()
	r.until(t, "here", func(s status.Status) bool {
		return !s.Inference.Remote.Active && s.Inference.Remote.Left == 1 && s.Provider == "cpu" && len(s.Problems) > 0
	})
	before := r.status(t)
	if want := "inference server grpc://" + host + ": connection refused: nothing listens there; windows: cpu"; before.Problems[0] != want {
		r.until(t, want, func(s status.Status) bool { return len(s.Problems) > 0 && s.Problems[0] == want }) // first it was lost, then not found
	}
	r.until(t, "windows here", func(s status.Status) bool { return s.Inference.Windows > before.Inference.Windows+10 })
	server.Token.Store("renewed-canary")
	_, _ = server.GRPC(t, host)
	r.until(t, "an expired token", func(s status.Status) bool { return strings.Contains(s.Inference.Remote.Why, "it refuses the token") })
	if err := os.WriteFile(file, []byte("renewed-canary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.until(t, "back", there)

	s := r.status(t)
	if src := s.Sources[0]; src.Failed != 0 || src.Dropped != 0 {
		t.Errorf("%d windows failed, %d dropped; want none", src.Failed, src.Dropped)
	}
	response, err := http.Get(r.page + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"earshot_inference_remote_active 1", "earshot_inference_remote_left_total 1", `provider="remote"`} {
		if !strings.Contains(string(metrics), want) {
			t.Errorf("no %s in /metrics", want)
		}
	}
	log := r.log.String()
	for _, want := range []string{"windows are scored on the server", "windows are not scored on the server", "connection refused: nothing listens there", `"instead":"cpu"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	if events := r.published(t); len(events) == 0 {
		t.Error("no event")
	} else {
		for _, e := range events {
			if e.Type != "dog" {
				t.Errorf("an invented event: %+v", e)
			}
		}
	}
	if text := r.log.String() + string(metrics) + fmt.Sprint(s); strings.Contains(text, "canary") {
		t.Error("a token can be read")
	}
}

// TestInferenceServerOrNothing: with fallback: drop windows are given up and counted while there is no server.
func TestInferenceServerOrNothing(t *testing.T) {
	server := serve(t, modelBytes())
	host, stop := server.GRPC(t, "")
	stop()
	r := newRig(t, quick+fmt.Sprintf("windows: {hop_frames: 8}\nsources: [%s]\ninference: {remote: {url: %q, fallback: drop, timeout: 10s}}\n", loop("src", wav(t, "dog", 3.0, "", 2.0)), host))
	r.start()
	r.until(t, "given up", func(s status.Status) bool {
		return s.Sources[0].Failed > 5 && s.Sources[0].Windows == 0 && s.Provider == "none (dropped)"
	})
	_, _ = server.GRPC(t, host)
	r.until(t, "scored", func(s status.Status) bool { return s.Inference.Remote.Active && s.Sources[0].Windows > 5 })
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
