package infer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/readfile"
)

// maxTrace bounds what the runtime writes of one run, in bytes.
const maxTrace = 64 << 20

// Placement runs one window with the provider of o, which is not auto, and tells by the runtime's own account of it how many
// nodes ran on each execution provider ("CPUExecutionProvider": 124). Whatever a provider takes as one counts as one.
func Placement(m *Model, o Options) (provider string, nodes map[string]int, err error) {
	dir, err := os.MkdirTemp("", "earshot-trace-")
	if err != nil {
		return "", nil, fmt.Errorf("trial: %w", err)
	}
	defer os.RemoveAll(dir)
	o.trace = filepath.Join(dir, "run")
	s, err := NewSession(m, o)
	if err != nil {
		return "", nil, err
	}
	s.Close() // which writes the account
	files, err := filepath.Glob(o.trace + "*")
	if err != nil || len(files) != 1 {
		return "", nil, fmt.Errorf("trial: the runtime wrote %d accounts of its run, want one", len(files))
	}
	text, err := readfile.Bytes(files[0], maxTrace)
	if err != nil {
		return "", nil, fmt.Errorf("trial: %w", err)
	}
	var events []struct {
		Category string `json:"cat"`
		Name     string `json:"name"`
		Args     struct {
			Provider string `json:"provider"`
		} `json:"args"`
	}
	if err := json.Unmarshal(text, &events); err != nil {
		return "", nil, fmt.Errorf("trial: the runtime's account of its run cannot be read: %w", err)
	}
	nodes = map[string]int{}
	for _, e := range events {
		if e.Category == "Node" && strings.HasSuffix(e.Name, "_kernel_time") && e.Args.Provider != "" {
			nodes[e.Args.Provider]++
		}
	}
	return s.Provider, nodes, nil
}
