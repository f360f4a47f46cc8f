// Package testruntime loads ONNX Runtime for packages whose every test runs graphs on it.
package testruntime

import (
	"fmt"
	"os"

	"earshot/infer"
)

// MustLoad loads ONNX Runtime, which happens once in a process, or ends the test with a word on how to get it.
// It is called from TestMain.
func MustLoad() {
	if err := infer.Init(""); err != nil {
		fmt.Fprintln(os.Stderr, "these tests run the graphs they write:", err)
		os.Exit(1)
	}
}
