package engine

import (
	"context"
	"fmt"

	"earshot/daemon/config"
	"earshot/daemon/status"
	"earshot/infer"
	"earshot/infer/remote"
	"earshot/internal/logging"
	"earshot/internal/task"
)

// elsewhere is an inference server, with what is done without it.
type elsewhere struct {
	url       string
	otherwise string // provider of the windows that are not scored there
	failover  *remote.Failover
	told      func(remote.State)  // both set before the failover runs
	hide      func(secret string) // from the log
}

// dropped is the provider of windows that are given up.
const dropped = "none (dropped)"

// remoteBatch is how many windows one request to a server takes where nothing is configured.
const remoteBatch = 8

// serverSettings are what the configuration says of the inference server. The token is read anew for each connection, so
// that one which was renewed is taken up.
func serverSettings(c config.Inference, hide func(secret string)) (remote.Settings, error) {
	r := c.Remote
	a, err := remote.ParseAddress(r.URL)
	if err != nil {
		return remote.Settings{}, Error{fmt.Errorf("inference.remote.url: %w", err)}
	}
	s := remote.Settings{Address: a, Model: r.Model, Version: r.Version, Timeout: r.Timeout, CAFile: r.CAFile,
		FP16: r.Precision == config.PrecisionFP16, MaxBatch: c.MaxBatch}
	if s.MaxBatch == 0 {
		s.MaxBatch = remoteBatch
	}
	s.Token = func() (string, error) {
		token, err := config.ReadSecret(r.TokenFile, config.CredentialToken)
		hide(token)
		return token, err
	}
	return s, nil
}

// goElsewhere lets the engine's windows be scored on the server, and by its own session only where that is the fallback.
func (e *Engine) goElsewhere(c config.Inference) error {
	v := &elsewhere{otherwise: e.session.Provider}
	s, err := serverSettings(c, func(secret string) { v.hide(secret) })
	if err != nil {
		return err
	}
	v.url = s.Address.String()
	contract, err := serverContract(e.Model, c)
	if err != nil {
		return err
	}
	batch, otherwise := e.session.NewBatch, infer.Scorer(infer.Local)
	if c.Remote.Fallback == config.FallbackDrop {
		batch = func() *infer.Batch { return infer.NewBatch(s.MaxBatch, len(e.Model.Labels), e.Model.Steps) }
		otherwise, v.otherwise = remote.Drop, dropped
		e.session.Close() // its memory is wanted for nothing
	}
	v.failover = remote.NewFailover(s, contract, otherwise, remote.Timing{}, func(state remote.State) { v.told(state) })
	e.elsewhere = v
	e.Batcher = infer.NewBatcher(batch(), v.failover.Score)
	return nil
}

// serverContract is what the server's model must be. The trial windows are scored with the weights of the file, in a session of its own: the
// one that windows are scored in here may be in eight bits, and further from the server's scores than another network's may be.
func serverContract(m *infer.Model, c config.Inference) (remote.Contract, error) {
	session, err := infer.NewSession(m, options(c))
	if err != nil {
		return remote.Contract{}, Error{err}
	}
	defer session.Close()
	contract, err := remote.NewContract(m, session.Run)
	if err != nil {
		return contract, Error{err}
	}
	return contract, nil
}

// ProbeServer connects to the inference server as the daemon would, and holds it against the model.
func ProbeServer(ctx context.Context, m *infer.Model, c config.Inference, hide func(secret string)) error {
	s, err := serverSettings(c, hide)
	if err != nil {
		return err
	}
	if err := openRuntime(c); err != nil {
		return err
	}
	contract, err := serverContract(m, c)
	if err != nil {
		return err
	}
	server, err := remote.Dial(ctx, s, contract)
	if err != nil {
		return fmt.Errorf("inference server %s: %w", s.Address, err)
	}
	server.Close()
	return nil
}

// start runs the failover; what it comes to is logged, and changed is told.
func (v *elsewhere) start(g *task.Group, changed func(), log *logging.Log) {
	v.hide = log.Hide
	v.told = func(s remote.State) {
		if s.Active {
			log.Info().Str("url", v.url).Str("server", s.Server).Msg("inference: windows are scored on the server")
		} else {
			log.Often(log.Warn().Str("url", v.url).Str("why", s.Why).Str("instead", v.otherwise), "inference server "+s.Why).
				Msg("inference: windows are not scored on the server")
		}
		changed()
	}
	g.Go("inference server", v.failover.Run)
}

// report writes the server's part of a status.
func (v *elsewhere) report(s *status.Status) {
	now := v.failover.State()
	s.Provider = v.otherwise
	if now.Active {
		s.Provider = "remote"
	}
	s.Inference.Remote = &status.Remote{URL: v.url, Active: now.Active, Server: now.Server, Since: now.Since, Why: now.Why, Windows: now.Windows, Left: now.Left}
}
