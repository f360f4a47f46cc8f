package cli

import (
	"bytes"

	"earshot/daemon/capture"
	"earshot/daemon/demo"
	"earshot/infer/builtin"
	"earshot/internal/audio"
)

// builtInModel returns the model inside the binary.
func builtInModel() []byte { return builtin.Default() }

// demoSource plays the bundled recording over and over, in real time, as a file source plays any other.
func demoSource(rate int, onState func(capture.State)) (capture.Source, error) {
	return capture.NewFile(capture.FileConfig{
		Paths:    []string{"the bundled recording"},
		Rate:     rate,
		Loop:     true,
		Realtime: true,
		OnState:  onState,
		Open: func(name string, rate, _ int) (capture.Mono, error) {
			reader, err := audio.NewReader(name, bytes.NewReader(demo.FLAC), int64(len(demo.FLAC)))
			if err != nil {
				return nil, err
			}
			return audio.Mono(reader, rate, audio.Mix)
		},
	})
}
