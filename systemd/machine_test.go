package systemd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"earshot/internal/test/skip"
)

// A machine is a throw-away copy of this one, booted by scripts/nspawn.sh with its own systemd.
type machine struct {
	t      *testing.T
	leader int    // process id, seen from here, of its process 1
	upper  string // folder, as seen from here, that holds every file written inside, and nothing else
}

const bootDeadline = 3 * time.Minute // it takes four seconds

// cannotBoot skips the test where no machine can run.
func cannotBoot(t *testing.T, format string, args ...any) {
	t.Helper()
	skip.Now(t, "a booted systemd cannot run here: ", fmt.Sprintf(format, args...), "; it wants root on a Debian machine, not in a container")
}

// boot starts a machine that is shut down when the test ends.
func boot(t *testing.T) *machine {
	t.Helper()
	if os.Getuid() != 0 {
		cannotBoot(t, "not root")
	}
	folder := t.TempDir()
	var log bytes.Buffer
	cmd := exec.Command("sh", "../scripts/nspawn.sh", folder)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { shutDown(cmd.Process, ended) })

	m := &machine{t: t, upper: fmt.Sprintf("/proc/%d/root%s/upper", cmd.Process.Pid, folder)}
	for deadline := time.Now().Add(bootDeadline); ; time.Sleep(100 * time.Millisecond) {
		select {
		case <-ended:
			cannotBoot(t, "systemd-nspawn ended: %s", strings.TrimSpace(log.String()))
		default:
		}
		if m.leader = child(cmd.Process.Pid); m.leader != 0 {
			state, _ := m.try("systemctl is-system-running")
			if strings.HasPrefix(state, "running") || strings.HasPrefix(state, "degraded") {
				return m
			}
		}
		if time.Now().After(deadline) {
			cannotBoot(t, "not up after %v: %s", bootDeadline, strings.TrimSpace(log.String()))
		}
	}
}

// shutDown asks nspawn to halt the machine, and ends it when that takes too long.
func shutDown(nspawn *os.Process, ended <-chan struct{}) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGKILL} {
		syscall.Kill(-nspawn.Pid, signal)
		select {
		case <-ended:
			return
		case <-time.After(15 * time.Second):
		}
	}
	<-ended
}

// child returns the first child of a process, 0 while it has none.
func child(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	first, _, _ := strings.Cut(string(text), " ")
	n, _ := strconv.Atoi(first)
	return n
}

// try runs a shell command inside the machine and returns what it printed.
func (m *machine) try(command string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nsenter", "--target", strconv.Itoa(m.leader), "--all", "--", "/bin/sh", "-c", command)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// sh runs a command inside the machine that must succeed.
func (m *machine) sh(command string) string {
	m.t.Helper()
	out, err := m.try(command)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s\n%s", command, err, out, m.journal())
	}
	return out
}

// until runs a command again and again until its output holds want, and returns how long that took.
func (m *machine) until(command, want string, deadline time.Duration) time.Duration {
	m.t.Helper()
	start := time.Now()
	for {
		out, _ := m.try(command)
		if strings.Contains(out, want) {
			return time.Since(start)
		}
		if time.Since(start) > deadline {
			m.t.Fatalf("%s: no %q within %v, but\n%s\n%s", command, want, deadline, out, m.journal())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// write makes a file inside the machine.
func (m *machine) write(path, text string, mode os.FileMode) {
	m.t.Helper()
	write(m.t, filepath.Join(m.root(), path), text, mode)
}

// bring copies a file of this machine into the other, whose /tmp is its own, and returns its path there.
func (m *machine) bring(path string) string {
	m.t.Helper()
	inside := filepath.Join("/srv/booth", filepath.Base(path))
	m.write(inside, read(m.t, path), 0o644)
	return inside
}

// root is the machine's file system as this process can reach it.
func (m *machine) root() string { return fmt.Sprintf("/proc/%d/root", m.leader) }

// journal returns the last lines of the service's log, for messages.
func (m *machine) journal() string {
	out, _ := m.try(`journalctl --no-pager --unit=earshot.service --lines=2000 --output=cat | grep -v -i -E "jack|Cannot create" | uniq | tail -n 60`)
	return "journal of earshot.service:\n" + out
}
