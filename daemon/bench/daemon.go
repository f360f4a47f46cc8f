package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"earshot/daemon"
	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/source"
	"earshot/internal/logging"
)

// Setup is how the daemon under measurement is built.
type Setup struct {
	Context context.Context // ends everything: Ctrl-C
	BuiltIn func() []byte
	Model   string // path; "" = built in
	Library string
	Verify  string // verify.model; "" = the default
	Dir     string // scratch
}

// started is a running daemon of ours.
type started struct {
	ready daemon.Ready
	stop  context.CancelFunc
	done  chan error
}

// start runs a daemon with its own broker on a free port, without a page, until stop or its sound ends.
func (s Setup) start(settings map[string]string, sources []config.Source, demo capture.Source) (*started, error) {
	overrides := []config.Override{
		{Flag: "bench", Key: "mqtt.embedded", Value: "127.0.0.1:0"},
		{Flag: "bench", Key: "web.listen", Value: ""},
		{Flag: "bench", Key: "state_dir", Value: s.Dir},
		{Flag: "bench", Key: "model.path", Value: s.Model},
		{Flag: "bench", Key: "inference.library", Value: s.Library},
		{Flag: "bench", Key: "sources", Set: func(c *config.Config) { c.Sources = sources }},
	}
	if s.Verify != "" {
		overrides = append(overrides, config.Override{Flag: "bench", Key: "verify.model", Set: func(c *config.Config) { c.Verify.Model = s.Verify }})
	}
	for key, value := range settings {
		overrides = append(overrides, config.Override{Flag: "bench", Key: key, Value: value})
	}
	ctx, stop := context.WithCancel(s.Context)
	r := &started{stop: stop, done: make(chan error, 1)}
	ready := make(chan daemon.Ready, 1)
	go func() {
		r.done <- daemon.Run(ctx, daemon.Options{
			Load:    func() (*config.File, error) { return config.Parse(config.BuiltIn, nil, overrides) },
			BuiltIn: s.BuiltIn,
			Log:     logging.New(logging.Config{Level: "error", Format: "json", Out: io.Discard}),
			Version: "bench",
			Devices: func() ([]capture.Device, error) { return nil, nil },
			Means: source.Means{Stdin: os.Stdin, Demo: func(int, func(capture.State)) (capture.Source, error) {
				if demo == nil {
					return nil, errors.New("no recording")
				}
				return demo, nil
			}},
			Ready: func(d daemon.Ready) { ready <- d },
		})
	}()
	select {
	case r.ready = <-ready:
		return r, nil
	case err := <-r.done:
		stop()
		return nil, fmt.Errorf("the daemon ended at once: %w", err)
	case <-time.After(time.Minute):
		stop()
		return nil, errors.New("the daemon is not ready after a minute")
	}
}

// end stops the daemon and waits.
func (r *started) end() error {
	r.stop()
	return <-r.done
}
