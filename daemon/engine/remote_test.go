package engine

import (
	"io"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/logging"
	"earshot/internal/test/inferserver"
	"earshot/internal/test/testruntime"
)

// TestServerBesideEightBits: a server with the shipped network is taken though this machine runs that network in eight bits, whose scores of
// the trial windows are further off than another network's may be.
func TestServerBesideEightBits(t *testing.T) {
	testruntime.MustLoad()
	m, front, err := Load(builtin.Full, nil)
	if err != nil {
		t.Fatal(err)
	}
	served, err := infer.NewSession(m, infer.Options{Provider: "cpu", MaxBatch: remoteBatch})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	server := inferserver.New(len(m.Labels), m.Steps, served.Run)
	server.Parameters = map[string]string{"labels": strings.Join(m.Labels, ","), "front_end": m.FrontEnd}
	host, _ := server.GRPC(t, "")

	c := config.Default().Inference
	c.Provider, c.Precision = "cpu", config.PrecisionINT8
	c.Remote.URL, c.Remote.Timeout = "grpc://"+host, 10*time.Second
	if err := ProbeServer(t.Context(), m, c, func(string) {}); err != nil {
		t.Error(err)
	}
	e, err := New(m, front, Second{}, c)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	changed := make(chan struct{}, 1)
	e.Start(t.Context(), func(err error) { t.Error(err) }, func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}, logging.New(logging.Config{Level: "error", Format: "json", Out: io.Discard}))
	select {
	case <-changed:
	case <-time.After(time.Minute):
	}
	if now := e.elsewhere.failover.State(); e.precision != "int8" || !now.Active {
		t.Errorf("windows in %s, %+v; want int8, and on the server", e.precision, now)
	}
}
