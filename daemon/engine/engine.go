// Package engine is the model, loaded and ready to score the windows of all sources.
package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"earshot/daemon/config"
	"earshot/daemon/opinion"
	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/logging"
	"earshot/internal/task"
	"earshot/train/modelfile"
)

// Error marks errors of the model or of ONNX Runtime: they do not mend by themselves.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e Error) Unwrap() error { return e.Err }

// Read reads the model in the file called path and holds it against the contract; "" is builtIn's, and the names of package builtin are
// those of the networks that ship.
func Read(path string, builtIn func() []byte) (m *infer.Model, err error) {
	switch file, ships := builtin.Named(path); {
	case path == "":
		m, err = infer.ParseModel("built-in model", builtIn())
	case ships:
		m, err = infer.ParseModel(path+" model", file)
	default:
		m, err = infer.LoadModel(path)
	}
	if err != nil {
		return nil, Error{err}
	}
	return m, nil
}

// Load reads a model as Read does, and the front end it was trained with: one that this program computes (the
// contract sees to the windows' shape). Sound comes at the front end's rate and columns at its hop, whatever they are.
func Load(path string, builtIn func() []byte) (*infer.Model, gammatone.Config, error) {
	m, err := Read(path, builtIn)
	if err != nil {
		return nil, gammatone.Config{}, err
	}
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return nil, gammatone.Config{}, Error{fmt.Errorf("model %q: its front end is not this program's: %w", m.Path, err)}
	}
	return m, front, nil
}

// Engine is a session of a model with the batcher in front of it, and one of the second network, which all sources
// share and use by turns: its runs are short and rare, its weights are not.
type Engine struct {
	Model     *infer.Model
	Front     gammatone.Config
	Second    Second
	Batcher   *infer.Batcher
	session   *infer.Session
	precision string          // of the network that runs here: fp32, fp16 (computed in fp32) or int8; "" where unknown
	embedder  *infer.Embedder // nil without a second opinion
	elsewhere *elsewhere      // nil without an inference server
	group     *task.Group
}

// New loads the runtime, which happens once in a process, and opens the sessions.
func New(m *infer.Model, front gammatone.Config, second Second, c config.Inference) (*Engine, error) {
	session, precision, err := openSession(m, c)
	if err != nil {
		return nil, err
	}
	e := &Engine{Model: m, Front: front, Second: second, session: session, precision: precision}
	if c.Remote.URL == "" {
		e.Batcher = infer.NewBatcher(session.NewBatch(), infer.Local)
	} else {
		err = e.goElsewhere(c)
	}
	if err == nil {
		e.embedder, err = second.Open(options(c))
	}
	if err != nil {
		session.Close()
		return nil, err
	}
	return e, nil
}

// openSession loads the runtime, and the model into it in the form that suits: precision says in which its weights are.
func openSession(m *infer.Model, c config.Inference) (session *infer.Session, precision string, err error) {
	if err := openRuntime(c); err != nil {
		return nil, "", err
	}
	form, err := Prefer(m, options(c), c.Precision)
	if err != nil {
		return nil, "", err
	}
	if session, err = infer.NewSession(form, options(c)); err != nil {
		return nil, "", Error{err}
	}
	return session, modelfile.WeightForm(form.Bytes), nil
}

// openRuntime loads ONNX Runtime, once in a process.
func openRuntime(c config.Inference) error {
	path, err := infer.FindLibrary(c.Library)
	if err == nil {
		err = infer.Init(path)
	}
	if err != nil {
		return Error{err}
	}
	return nil
}

// options are the runtime's. A batch that a server takes at once is scored here at once when the server fails.
func options(c config.Inference) infer.Options {
	o := infer.Options{Choice: choiceFile(), Provider: c.Provider, DeviceID: c.DeviceID, Threads: c.Threads, MaxBatch: c.MaxBatch}
	if o.MaxBatch == 0 && c.Remote.URL != "" {
		o.MaxBatch = remoteBatch
	}
	return o
}

// choiceFile remembers which provider is the fastest here, "" where there is no folder for such things.
func choiceFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "earshot", "provider.json")
}

// Start runs the batcher; failed is told when the runtime fails, and changed when the windows are scored elsewhere than before.
func (e *Engine) Start(ctx context.Context, failed func(error), changed func(), log *logging.Log) {
	e.group = task.New(ctx)
	if e.elsewhere != nil {
		e.elsewhere.start(e.group, changed, log)
	}
	e.group.GoThen("inference", e.Batcher.Run, func(err error) {
		if err != nil {
			failed(Error{err})
		}
	})
	for _, r := range e.session.Rejected {
		log.Info().Str("provider", r.Provider).Str("why", r.Why).Msg("inference: not usable")
	}
	log.Info().Str("model", e.Model.Path).Int("labels", len(e.Model.Labels)).Str("provider", e.session.Provider).Str("precision", e.precision).Msg("inference")
	log.Info().Str("network", e.Second.String()).Msg("second opinion")
}

// Fingerprint tells apart what makes other scores of the same sound: the first digits of each network's checksum.
func (e *Engine) Fingerprint() string {
	const digits = 12
	f := fmt.Sprintf("%.*s", digits, e.Model.SHA256)
	if e.Second.Head != nil {
		f += fmt.Sprintf("+%.*s", digits, e.Second.Model.SHA256)
	}
	return f
}

// Opinion makes one source's second opinion, nil when there is none; failed is told why a question had no answer.
func (e *Engine) Opinion(c opinion.Config, failed func(error)) *opinion.Opinion {
	return e.Second.Opinion(e.embedder, c, failed)
}

// Stop ends the batcher and frees the session. No source may use it any more.
func (e *Engine) Stop() {
	if e.group != nil {
		e.group.Stop()
		_ = e.group.Wait()
	}
	e.session.Close()
	if e.embedder != nil {
		e.embedder.Close()
	}
}

// Report writes the engine's part of a status.
func (e *Engine) Report(s *status.Status) {
	stats := e.Batcher.Stats()
	s.Model = fmt.Sprintf("%s (%d labels)", e.Model.Path, len(e.Model.Labels))
	s.Second = e.Second.String()
	s.Provider = e.session.Provider
	s.Runtime = infer.RuntimeVersion()
	s.Inference = status.Inference{Windows: stats.Windows, Batches: stats.Batches, BusySeconds: stats.Busy.Seconds(), Precision: e.precision}
	if e.elsewhere != nil {
		e.elsewhere.report(s)
	}
}
