package engine

import (
	"fmt"

	"earshot/daemon/config"
	"earshot/daemon/opinion"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/verify"
	"earshot/verify/logmel"
)

// Second is the second network and a model's head on it, read and found to belong together.
type Second struct {
	Head  *verify.Head         // nil: there is no second opinion
	Why   string               // why there is none
	Model *infer.EmbedderModel // the second network; nil when it is switched off
}

// LoadSecond reads the second network that verify.model chooses, and the head that m carries for it. A model without
// one is no error: it is used alone, as one whose second opinion is switched off.
func LoadSecond(m *infer.Model, front gammatone.Config, choice string) (Second, error) {
	s, err := loadSecond(m, front, choice)
	if err != nil {
		return Second{}, Error{fmt.Errorf("second opinion: %w", err)}
	}
	return s, nil
}

func loadSecond(m *infer.Model, front gammatone.Config, choice string) (s Second, err error) {
	switch choice {
	case config.VerifyOff:
		return Second{Why: "switched off"}, nil
	case config.VerifyBuiltIn:
		s.Model, err = infer.ParseEmbedder("built-in second network", builtin.Embedder())
	default:
		s.Model, err = infer.LoadEmbedder(choice)
	}
	if err != nil {
		return Second{}, err
	}
	if s.Model.FrontEnd != logmel.Fingerprint {
		return Second{}, fmt.Errorf("network %q: its front end is not this program's: want %s, found %.300s", s.Model.Path, logmel.Fingerprint, s.Model.FrontEnd)
	}
	if !infer.Holds(m.Verify) {
		s.Why = "the model carries no head for a second network"
		return s, nil
	}
	if front.SampleRate != verify.SampleRate {
		return Second{}, fmt.Errorf("model %q: its sound has %d samples a second, the second network's %d", m.Path, front.SampleRate, verify.SampleRate)
	}
	if s.Head, err = verify.ParseHead(m.Verify, m.Labels); err != nil {
		return Second{}, fmt.Errorf("model %q: %w", m.Path, err)
	}
	if infer.Holds(m.VerifyCurve) {
		c, err := verify.ParseCurve(m.VerifyCurve)
		if err != nil {
			return Second{}, fmt.Errorf("model %q: %w", m.Path, err)
		}
		s.Head.Curve = &c
	}
	if s.Head.Embedder != s.Model.Name {
		return Second{}, fmt.Errorf("model %q: its head was learned on the network %q, and %q is %q; want that network's file in verify.model, or \"off\"",
			m.Path, s.Head.Embedder, s.Model.Path, s.Model.Name)
	}
	return s, nil
}

// String says in a few words what is used.
func (s Second) String() string {
	if s.Head == nil {
		return "none: " + s.Why
	}
	return fmt.Sprintf("%s (%d labels)", s.Head.Embedder, len(s.Head.Labels))
}

// Same tells whether another would give the same opinions of the same model's scores.
func (s Second) Same(other Second) bool {
	if (s.Head == nil) != (other.Head == nil) {
		return false
	}
	return s.Head == nil || s.Model.SHA256 == other.Model.SHA256
}

// Open loads the second network into ONNX Runtime; nil when there is no second opinion.
func (s Second) Open(o infer.Options) (*infer.Embedder, error) {
	if s.Head == nil {
		return nil, nil
	}
	e, err := infer.NewEmbedder(s.Model, o)
	if err != nil {
		return nil, Error{fmt.Errorf("second opinion: %w", err)}
	}
	return e, nil
}

// Opinion makes one source's second opinion by what Open returned, nil when there is none; failed is told why a
// question had no answer.
func (s Second) Opinion(e *infer.Embedder, c opinion.Config, failed func(error)) *opinion.Opinion {
	if s.Head == nil {
		return nil
	}
	return opinion.New(opinion.Network{Head: s.Head, Embed: e.Embed, Sounds: e.Sounds}, c, failed)
}
