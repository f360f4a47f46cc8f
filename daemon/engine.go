package daemon

import (
	"context"
	"fmt"

	"earshot/daemon/config"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/task"
)

// engine is the model, loaded and ready to score the windows of all sources.
type engine struct {
	model   *infer.Model
	front   gammatone.Config
	session *infer.Session
	batcher *infer.Batcher
	group   *task.Group
}

// loadModel reads the configured model, or the one inside the binary, and the front end it was trained with.
func loadModel(c config.Model, builtIn func() []byte) (*infer.Model, gammatone.Config, error) {
	var m *infer.Model
	var err error
	if c.Path == "" {
		m, err = infer.ParseModel("built-in model", builtIn())
	} else {
		m, err = infer.LoadModel(c.Path)
	}
	if err != nil {
		return nil, gammatone.Config{}, ErrModel{err}
	}
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return nil, gammatone.Config{}, ErrModel{fmt.Errorf("model %s: its front end is not this program's: %w", m.Path, err)}
	}
	if want := gammatone.Default(); front.WindowLen() != want.WindowLen() || front.SampleRate != want.SampleRate {
		return nil, gammatone.Config{}, ErrModel{fmt.Errorf("model %s: its front end makes windows of %d values at %d Hz; want %d at %d Hz", m.Path, front.WindowLen(), front.SampleRate, want.WindowLen(), want.SampleRate)}
	}
	return m, front, nil
}

// newEngine loads the runtime, which happens once in a process, and opens a session.
func newEngine(m *infer.Model, front gammatone.Config, c config.Inference) (*engine, error) {
	path, err := infer.FindLibrary(c.Library)
	if err != nil {
		return nil, ErrModel{err}
	}
	if err := infer.Init(path); err != nil {
		return nil, ErrModel{err}
	}
	session, err := infer.NewSession(m, infer.Options{Provider: c.Provider, DeviceID: c.DeviceID, Threads: c.Threads, MaxBatch: c.MaxBatch})
	if err != nil {
		return nil, ErrModel{err}
	}
	return &engine{model: m, front: front, session: session, batcher: infer.NewBatcher(session)}, nil
}

// start runs the batcher; failed is told when the runtime fails.
func (e *engine) start(ctx context.Context, failed func(error)) {
	e.group = task.New(ctx)
	e.group.GoThen("inference", e.batcher.Run, func(err error) {
		if err != nil {
			failed(ErrModel{err})
		}
	})
}

// stop ends the batcher and frees the session. No source may use it any more.
func (e *engine) stop() {
	if e.group != nil {
		e.group.Stop()
		_ = e.group.Wait()
	}
	e.session.Close()
}
