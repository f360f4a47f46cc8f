package cli

import "earshot/infer/builtin"

// builtInModel returns the model inside the binary.
func builtInModel() []byte { return builtin.Default() }
