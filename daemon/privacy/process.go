package privacy

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// proc is where the kernel shows processes; tests put a folder in its place.
const proc = "/proc"

// Processes finds running daemons: programs called earshot whose first argument is run.
func Processes() []int { return processes(proc) }

func processes(root string) []int {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil
	}
	var found []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, e.Name(), "cmdline"))
		if err != nil {
			continue
		}
		args := strings.Split(string(text), "\x00")
		if len(args) > 1 && filepath.Base(args[0]) == "earshot" && slices.Contains(args[1:], "run") {
			found = append(found, pid)
		}
	}
	return found
}

// soundFile is what a file with sound in it is mostly called.
var soundFile = regexp.MustCompile(`(?i)\.(wav|flac|ogg|oga|opus|mp3|raw|pcm|aiff?|m4a)( \(deleted\))?$`)

// Process is what a running daemon has open: files to write to, and connections.
func Process(pid int) Section {
	s := Section{Title: fmt.Sprintf("Running process %d", pid)}
	files, sockets, err := opened(proc, pid)
	if err != nil {
		s.add(Open, "cannot be looked into: %v (run this as its user or as root)", err)
		return s
	}
	for _, path := range files {
		if soundFile.MatchString(path) {
			s.add(Bad, "open for writing: %s", path)
		} else {
			s.add(Fact, "open for writing, not sound: %s", path)
		}
	}
	if len(files) == 0 {
		s.add(Good, "no file is open for writing")
	}
	for _, line := range connections(proc, pid, sockets) {
		s.add(Fact, "%s", line)
	}
	return s
}

// opened lists regular files open for writing and the inodes of sockets.
func opened(root string, pid int) (files []string, sockets map[string]bool, err error) {
	dir := filepath.Join(root, strconv.Itoa(pid))
	entries, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return nil, nil, err
	}
	sockets = map[string]bool{}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(dir, "fd", e.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
			continue
		}
		if strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/dev/") && !strings.HasPrefix(target, "/proc/") && writable(filepath.Join(dir, "fdinfo", e.Name())) {
			files = append(files, target)
		}
	}
	return files, sockets, nil
}

// writable reads the access mode, the lowest two bits of the octal flags in fdinfo (proc(5)).
func writable(fdinfo string) bool {
	text, err := os.ReadFile(fdinfo)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if flags, ok := strings.CutPrefix(line, "flags:"); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(flags), 8, 64)
			return err == nil && n&3 != 0
		}
	}
	return false
}

// connections lists the process's TCP sockets: what it listens on and whom it talks to.
func connections(root string, pid int, sockets map[string]bool) []string {
	var out []string
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(filepath.Join(root, strconv.Itoa(pid), "net", table))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || !sockets[f[9]] {
				continue
			}
			local, remote := address(f[1]), address(f[2])
			switch f[3] {
			case "0A":
				out = append(out, "listens on "+local)
			case "01":
				out = append(out, "connected: "+local+" with "+remote)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// address decodes the kernel's "0100007F:075B": 32-bit words in the processor's (little-endian) order, then the port.
func address(text string) string {
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	n, errPort := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || errPort != nil || len(raw)%4 != 0 {
		return text
	}
	for i := 0; i < len(raw); i += 4 {
		slices.Reverse(raw[i : i+4])
	}
	return net.JoinHostPort(net.IP(raw).String(), strconv.FormatUint(n, 10))
}
