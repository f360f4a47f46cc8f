package cli

import (
	"errors"

	"earshot/daemon/capture"
)

// builtInModel is the model inside the binary.
func builtInModel() []byte { return nil }

// demoSource plays the bundled recording.
func demoSource(int, func(capture.State)) (capture.Source, error) {
	return nil, errors.New("this build has no bundled recording")
}
