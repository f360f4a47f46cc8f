// Package demo holds the recording that `earshot run` plays where there is no
// microphone: six sounds of a house, one after the other, in a quiet room. It is
// made by generate.go; CREDITS.md says whose sounds they are.
package demo

import _ "embed"

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
