package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"earshot/internal/audio"
)

// warmUp lets the child load its model before it is measured.
const warmUp = 4 * time.Second

// Live measures one live stream in a process of its own: processor share and resident memory.
func (s Setup) Live(length time.Duration) ([]Row, error) {
	path := filepath.Join(s.Dir, "live.wav")
	if err := audio.WriteWAV16(path, noise(20*rate), rate); err != nil {
		return nil, err
	}
	c, err := s.run("--file", path, "--loop", "--listen=127.0.0.1:0", "--set", "mqtt.embedded=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.stop() }() // whatever it says: the figures are taken
	if err := s.pause(warmUp); err != nil {
		return nil, err
	}
	before, err := processorTimeOf(c.pid())
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.pause(length); err != nil {
		return nil, err
	}
	after, err := processorTimeOf(c.pid())
	if err != nil {
		return nil, err
	}
	resident, err := residentMB(c.pid())
	if err != nil {
		return nil, err
	}
	return []Row{
		{"one live stream, share of a core", 100 * (after - before).Seconds() / time.Since(began).Seconds(), "%", "≤ 2", ""},
		{"one live stream, resident memory", resident, "MB", "≤ 150", ""},
	}, nil
}

// ticksPerSecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// processorTimeOf reads utime and stime from /proc (proc(5), fields 14 and 15).
func processorTimeOf(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("the daemon has ended: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields after the name", pid, len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("/proc/%d/stat: %q and %q are no numbers", pid, fields[11], fields[12])
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}

// residentMB is VmRSS.
func residentMB(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) == 3 && fields[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(fields[1], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmRSS", pid)
}
