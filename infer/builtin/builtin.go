// Package builtin holds the network that ships with earshot: ESC-50's labels and
// background, trained on the CC0 and CC-BY clips of ESC-50 (see CREDITS.md and
// CARD.md beside this file).
package builtin

import _ "embed"

//go:embed esc50.onnx
var esc50 []byte

// Name is what messages and topics call the shipped model.
const Name = "ACRNN ESC-50"

// Default returns the shipped model file. The bytes must not be changed.
func Default() []byte { return esc50 }
