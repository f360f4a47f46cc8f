package privacy

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Started is how a daemon was started: what is needed to read the configuration that it reads.
type Started struct {
	Args   []string // after "run"
	Config string   // its $EARSHOT_CONFIG
	root   string   // its root folder, as it is seen from here: it may run in a container
	dir    string   // its working folder, below root
}

// maxStarted bounds what is read of another process's arguments and environment, bytes.
const maxStarted = 1 << 20

// StartedAs looks at a running daemon. Only its own user and root may see all of it.
func StartedAs(pid int) (*Started, error) { return startedAs(proc, pid) }

func startedAs(proc string, pid int) (*Started, error) {
	at := filepath.Join(proc, strconv.Itoa(pid))
	args, err := words(filepath.Join(at, "cmdline"))
	if err != nil {
		return nil, err
	}
	environ, err := words(filepath.Join(at, "environ"))
	if err != nil {
		return nil, err
	}
	s := &Started{root: filepath.Join(at, "root")}
	if s.dir, err = os.Readlink(filepath.Join(at, "cwd")); err != nil {
		return nil, err
	}
	run := slices.Index(args, "run")
	if run < 0 {
		return nil, fmt.Errorf("process %d is no daemon any more", pid)
	}
	s.Args = args[run+1:]
	for _, v := range environ {
		if value, ok := strings.CutPrefix(v, "EARSHOT_CONFIG="); ok {
			s.Config = value
		}
	}
	return s, nil
}

// words reads a list of the kernel's, each ended by a zero byte.
func words(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxStarted))
	if err != nil {
		return nil, err
	}
	return strings.Split(string(bytes.TrimRight(text, "\x00")), "\x00"), nil
}

// Path is where the daemon's file of that name is found from here.
func (s *Started) Path(name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(s.dir, name)
	}
	return filepath.Join(s.root, name)
}

// Shown is a path of Path's as the daemon knows it.
func (s *Started) Shown(path string) string { return strings.TrimPrefix(path, s.root) }
