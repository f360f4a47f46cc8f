package cli

import (
	"fmt"

	"earshot/gammatone"
	"earshot/infer"
)

// loadModel loads the model in the file called name; "", "builtin" and "built-in" mean the one in this binary.
func loadModel(name string) (*infer.Model, error) {
	switch name {
	case "", "builtin", "built-in":
		return infer.ParseModel("built-in model", builtInModel())
	}
	return infer.LoadModel(name)
}

// loadNetwork loads a model as loadModel does, and ONNX Runtime from library ("": searched for), so that a session
// can be made; front is the front end that the model learned with. Its errors carry the exit code.
func loadNetwork(name, library string) (m *infer.Model, front gammatone.Config, err error) {
	if m, err = loadModel(name); err != nil {
		return nil, front, fail(exitModel, err)
	}
	if front, err = gammatone.ParseFingerprint(m.FrontEnd); err != nil {
		return nil, front, fail(exitModel, fmt.Errorf("model %q: %w", m.Path, err))
	}
	if front.WindowLen() != infer.WindowLen {
		return nil, front, fail(exitModel, fmt.Errorf("model %q: its front end makes windows of %d values, its network takes %d", m.Path, front.WindowLen(), infer.WindowLen))
	}
	if err = infer.Init(library); err != nil {
		return nil, front, fail(exitModel, err)
	}
	return m, front, nil
}
