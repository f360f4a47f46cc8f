package systemd

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// show returns one property of the service.
func (m *machine) show(property string) string {
	m.t.Helper()
	return m.sh("systemctl show --value --property=" + property + " earshot.service")
}

// mainPID returns the service's main process, as numbered inside the machine.
func (m *machine) mainPID() string { m.t.Helper(); return m.show("MainPID") }

// milliseconds between two of systemd's monotonic time stamps of the service.
func (m *machine) milliseconds(from, to string) float64 {
	m.t.Helper()
	a, errA := strconv.ParseFloat(m.show(from), 64)
	b, errB := strconv.ParseFloat(m.show(to), 64)
	if errA != nil || errB != nil {
		m.t.Fatalf("%s, %s: %v, %v", from, to, errA, errB)
	}
	return (b - a) / 1000
}

// ready: Type=notify was answered, and the broker that wants the credential's password has us online.
func (m *machine) ready() {
	m.until("systemctl show --property=ActiveState earshot", "=active", 60*time.Second)
	m.t.Logf("start to READY=1: %.0f ms", m.milliseconds("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"))
	took := m.until(subscribe+" -t "+nodeTopic+"/availability -C 1 -W 5", "online", 60*time.Second)
	m.t.Logf("READY to online at the broker: at most %v", took.Round(time.Millisecond))
	m.until(subscribe+" -t "+nodeTopic+"/mic/availability -C 1 -W 5", "online", 60*time.Second)
}

// capture: a recording played into the microphone comes out as an event.
func (m *machine) capture() {
	clip := m.bring(recording)
	heard := m.sh("(for i in 1 2 3; do PULSE_SERVER=unix:/run/booth/native paplay --device=booth " + clip + "; done) & " +
		subscribe + " -t " + nodeTopic + "/mic/event -C 1 -W 60; kill $! 2>/dev/null; true")
	if !strings.Contains(heard, "event_type") {
		m.t.Fatalf("no event for %s within 60 s: %q\n%s", clip, heard, m.journal())
	}
	m.t.Log(heard)
}

// confined: the service's own view of the file system is read-only but for its folders, and whatever
// file it owns lies in its state directory.
func (m *machine) confined() {
	inside := "nsenter --target " + m.mainPID() + " --mount -- "
	for _, dir := range []string{"/etc/earshot", "/usr/lib/earshot", "/usr/bin", "/var/lib", "/var/log", "/opt", "/srv", "/work"} {
		if out, err := m.try(inside + "touch " + dir + "/written"); err == nil {
			m.t.Errorf("the service can write to %s: %s", dir, out)
		}
	}
	m.sh(inside + "touch /var/lib/earshot/written && " + inside + "rm /var/lib/earshot/written")
	if out, err := m.try(inside + "ls -A /home /root"); err == nil && strings.Contains(out, "\n.") {
		m.t.Errorf("the service sees the homes: %s", out)
	}
	for _, path := range m.written() {
		info, err := os.Lstat(filepath.Join(m.upper, path))
		if err != nil {
			continue // gone since
		}
		uid := info.Sys().(*syscall.Stat_t).Uid
		dynamic := uid >= 61184 && uid <= 65519 // systemd's range for DynamicUser=
		if dynamic && !strings.HasPrefix(path, "var/lib/private/earshot") {
			m.t.Errorf("the service wrote /%s", path)
		}
	}
}

// written lists the files that were made or changed inside the machine, deletions left out.
func (m *machine) written() []string {
	var paths []string
	filepath.WalkDir(m.upper, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type()&fs.ModeCharDevice == 0 {
			if rel, err := filepath.Rel(m.upper, path); err == nil {
				paths = append(paths, rel)
			}
		}
		return nil
	})
	return paths
}

// reload: a broken configuration keeps the service as it is and says why; a good one is taken.
func (m *machine) reload() {
	pid := m.mainPID()
	m.sh("cp /etc/earshot/config.yaml /tmp/good.yaml && echo 'nonsense: 1' >> /etc/earshot/config.yaml && systemctl reload earshot")
	m.until("journalctl --no-pager --unit=earshot.service --output=cat", "nonsense", 20*time.Second)
	m.sh("cp /tmp/good.yaml /etc/earshot/config.yaml && systemctl reload earshot")
	if now := m.mainPID(); now != pid {
		m.t.Errorf("the main process changed by reload: %s → %s", pid, now)
	}
	m.until("systemctl is-active earshot", "active", 20*time.Second)
}

// watchdog: a process that no longer does anything is killed and started again by systemd.
func (m *machine) watchdog() {
	pid := m.mainPID()
	m.sh("kill -STOP " + pid)
	took := m.until("systemctl show --property=NRestarts earshot", "NRestarts=1", 60*time.Second)
	m.until("systemctl show --property=ActiveState earshot", "=active", 60*time.Second)
	m.until(subscribe+" -t "+nodeTopic+"/availability -C 1 -W 5", "online", 60*time.Second)
	m.t.Logf("frozen to killed and restarted: %v (WatchdogSec=5)", took.Round(100*time.Millisecond))
	if now := m.mainPID(); now == pid {
		m.t.Errorf("the frozen process %s is still the main one", pid)
	}
}

// stop: within 2 s, and the broker keeps "offline" for those who ask later.
func (m *machine) stop() {
	start := time.Now()
	m.sh("systemctl stop earshot")
	asked := time.Since(start)
	stop := m.milliseconds("ActiveExitTimestampMonotonic", "InactiveEnterTimestampMonotonic")
	m.t.Logf("stop: %.0f ms by systemd's stamps, %v for the whole command", stop, asked.Round(time.Millisecond))
	if stop > 2000 {
		m.t.Errorf("the stop took %.0f ms; 2000 are allowed", stop)
	}
	if result := m.show("Result"); result != "success" {
		m.t.Errorf("the service ended with %q\n%s", result, m.journal())
	}
	for _, topic := range []string{nodeTopic + "/availability", nodeTopic + "/mic/availability"} {
		if said := m.sh(subscribe + " -t " + topic + " -C 1 -W 5"); said != "offline" {
			m.t.Errorf("retained on %s after a clean stop: %q, want offline", topic, said)
		}
	}
}

// secret: the password is in no log, no message and no file but the two that must hold it.
func (m *machine) secret() {
	if out, err := m.try("journalctl --no-pager --output=verbose | grep " + canary + " | grep -v _CMDLINE"); err == nil {
		m.t.Errorf("the password is in the journal: %s", out)
	}
	if out, err := m.try(subscribe + " -t '#' -W 3 -v | grep " + canary); err == nil {
		m.t.Errorf("the password is in a retained message: %s", out)
	}
	if out, err := m.try("grep -rl " + canary + " /var/lib/private/earshot /var/lib/earshot/ 2>/dev/null"); err == nil {
		m.t.Errorf("the password is in the state directory: %s", out)
	}
}

// purge: nothing of the package is left, neither in dpkg's eyes nor on disk.
func (m *machine) purge() {
	m.sh("systemctl start earshot")
	m.sh("rm -r /etc/systemd/system/earshot.service.d && dpkg --purge earshot")
	if out, err := m.try("dpkg-query -W earshot"); err == nil {
		m.t.Errorf("dpkg still knows the package: %s", out)
	}
	if state, _ := m.try("systemctl is-active earshot"); state == "active" {
		m.t.Error("the service still runs")
	}
	for _, path := range m.written() {
		ours := strings.HasPrefix(path, "srv/booth/") || strings.HasPrefix(path, "var/log/")
		if strings.Contains(path, "earshot") && !ours {
			m.t.Errorf("left after purge: /%s", path)
		}
	}
}
