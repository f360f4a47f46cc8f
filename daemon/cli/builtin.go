package cli

import (
	"errors"

	"earshot/daemon/capture"
	"earshot/model"
)

// builtInModel is the model inside the binary.
func builtInModel() []byte { return model.Default() }

// demoSource plays the bundled recording.
func demoSource(int, func(capture.State)) (capture.Source, error) {
	return nil, errors.New("this build has no bundled recording")
}
