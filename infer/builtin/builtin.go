// Package builtin holds the networks that ship with earshot: ESC-50's labels and background, trained on the CC0 and CC-BY clips
// of ESC-50 and other recordings whose licence allows it (see CREDITS.md, CARD.md and those of the light one beside this file).
package builtin

import (
	"bytes"
	_ "embed"
	"strings"
)

//go:embed light.onnx
var light []byte

//go:embed esc50.onnx
var full []byte

// Names by which a configuration and the command line ask for a network that ships.
const (
	BuiltIn = "built-in"       // the one that listens unless another is asked for
	Full    = "built-in-full"  // the paper's widths
	Light   = "built-in-light" // a quarter of its multiplications
)

// Title is what messages and topics call the networks that ship.
const Title = "ACRNN ESC-50"

// Default returns the network that listens unless another is asked for, a model file. The bytes must not be changed.
func Default() []byte { return full }

// Named returns the model file of a network that ships; ok is false for any other name, which is a file's. The bytes must not be
// changed.
func Named(name string) (file []byte, ok bool) {
	switch strings.Replace(name, "builtin", BuiltIn, 1) {
	case BuiltIn:
		return Default(), true
	case Light:
		return light, true
	case Full:
		return full, true
	}
	return nil, false
}

// TitleOf is what a model file is called that ships; ok is false for any other.
func TitleOf(file []byte) (title string, ok bool) {
	switch {
	case bytes.Equal(file, light):
		return Title + ", light", true
	case bytes.Equal(file, full):
		return Title + ", full", true
	}
	return "", false
}
