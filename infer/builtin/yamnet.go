package builtin

import _ "embed"

//go:generate go run generate.go -from $EARSHOT_YAMNET

// yamnet is written by generate.go from YAMNet's float weights. The network is that of the TensorFlow
// Authors, under the Apache licence 2.0: LICENSE-yamnet beside this file says who and what was changed.
//
//go:embed yamnet.onnx
var yamnet []byte

// Embedder returns the second network that ships, a file for infer.ParseEmbedder. The bytes must not be changed.
func Embedder() []byte { return yamnet }
