package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/publish/topic"
)

// StateFolder is where what must outlive a restart is kept; it is made if it is not there.
func (c *Config) StateFolder() (string, error) {
	dir, err := c.statePath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	return dir, nil
}

// statePath is where that is.
func (c *Config) statePath() (string, error) {
	dir := c.StateDir
	if dir == "" {
		dir = os.Getenv("STATE_DIRECTORY")
	}
	if dir == "" {
		base := os.Getenv("XDG_STATE_HOME")
		if base == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return "", fmt.Errorf("state directory: %w", err)
			}
			base = filepath.Join(home, ".local", "state")
		}
		dir = filepath.Join(base, "earshot")
	}
	return dir, nil
}

// KeptNodeID is the node's id where none is configured. It is made once and kept in the state folder, so that it stays
// where the machine's own id does not: a container has a new one at each start. An error says why it is not kept.
func KeptNodeID(dir string) (string, error) {
	path := filepath.Join(dir, "node_id")
	atomicfile.ClearHalf(path)
	b, err := readfile.Bytes(path, maxSecretBytes)
	if id := strings.TrimSpace(string(b)); err == nil && topic.IsID(id) {
		return id, nil
	}
	id := topic.DefaultNodeID()
	if err := atomicfile.WriteBytes(path, 0o600, []byte(id+"\n")); err != nil {
		return id, fmt.Errorf("node id: %w", err)
	}
	return id, nil
}

// NodeName is how people know this machine.
func (c *Config) NodeName() string {
	if c.Node.Name != "" {
		return c.Node.Name
	}
	host, err := os.Hostname()
	if err != nil {
		return "earshot"
	}
	return host
}
