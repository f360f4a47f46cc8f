package cli

import (
	"earshot/daemon/engine"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/builtin"
)

// loadModel reads the model in the file called name; "", "builtin" and "built-in" mean the one in this binary that listens
// unless another is asked for.
func loadModel(name string) (*infer.Model, error) { return engine.Read(fileOf(name), builtInModel) }

func fileOf(name string) string {
	if name == "builtin" || name == builtin.BuiltIn {
		return ""
	}
	return name
}

// loadNetwork loads a model with its front end, and ONNX Runtime from library ("": searched for), so that a session
// can be made. Its errors carry the exit code.
func loadNetwork(name, library string) (m *infer.Model, front gammatone.Config, err error) {
	if m, front, err = engine.Load(fileOf(name), builtInModel); err == nil {
		err = infer.Init(library)
	}
	if err != nil {
		return nil, front, fail(exitModel, err)
	}
	return m, front, nil
}
