// Package demo holds the recording that `earshot run` plays where there is no
// microphone: six sounds of a house, one after the other, in a quiet room. It is
// made by generate.go; CREDITS.md says whose sounds they are.
package demo

import (
	"bytes"
	_ "embed"

	"earshot/daemon/capture"
	"earshot/daemon/capture/file"
	"earshot/daemon/config"
	"earshot/internal/audio"
)

//go:generate go run generate.go -esc $EARSHOT_ESC50

// FLAC is the recording: mono, 44.1 kHz, 16 bits.
//
//go:embed demo.flac
var FLAC []byte

// Sound says what is heard when, seconds from the recording's start.
type Sound struct {
	Label      string // of the model
	Onset, End float64
}

// Open makes the source that plays the recording over and over, in real time, as a file source plays any other.
func Open(_ config.Source, common capture.Common) (capture.Source, error) {
	return file.New(file.Config{
		Common:   common,
		Paths:    []string{"the bundled recording"},
		Loop:     true,
		Realtime: true,
		Read:     func(name string, rate int, pick audio.Channel) (file.Mono, error) { return read(name, rate, pick) },
	})
}

// Samples is the whole recording at rate, Hz.
func Samples(rate int) ([]float32, error) {
	r, err := read("the bundled recording", rate, audio.Mix)
	if err != nil {
		return nil, err
	}
	return audio.ReadAll(r)
}

func read(name string, rate int, pick audio.Channel) (audio.MonoReader, error) {
	r, err := audio.NewReader(name, bytes.NewReader(FLAC), int64(len(FLAC)))
	if err != nil {
		return nil, err
	}
	return audio.Mono(r, rate, pick)
}
