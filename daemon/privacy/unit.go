package privacy

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/readfile"
)

// unitPlaces are where systemd looks for the unit, first found first used.
var unitPlaces = []string{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"}

// Unit is what the service's sandbox allows, from the unit file and its drop-ins.
func Unit() Section {
	for _, dir := range unitPlaces {
		path := filepath.Join(dir, "earshot.service")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		settings := map[string]string{}
		files := []string{path}
		for _, d := range unitPlaces {
			more, _ := filepath.Glob(filepath.Join(d, "earshot.service.d", "*.conf")) // the pattern is well formed
			files = append(files, more...)
		}
		for _, file := range files {
			if err := readUnit(file, settings); err != nil {
				return Section{"Service", []Finding{{Fact, err.Error()}}}
			}
		}
		return judgeUnit(path, settings)
	}
	return Section{"Service", []Finding{{Fact, "earshot is not installed as a systemd service here; a package brings a sandbox with it"}}}
}

// maxUnit bounds a unit file, in bytes.
const maxUnit = 1 << 20

// readUnit adds a file's settings; a later one replaces an earlier one, an empty one clears it.
func readUnit(path string, settings map[string]string) error {
	f, err := readfile.Open(path, maxUnit)
	if err != nil {
		return err
	}
	defer f.Close()
	return parseUnit(f, settings)
}

func parseUnit(r io.Reader, settings map[string]string) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if old := settings[key]; old != "" && value != "" && (key == "IPAddressAllow" || key == "ReadWritePaths") {
			value = old + " " + value
		}
		settings[key] = value
	}
	return lines.Err()
}

func judgeUnit(path string, u map[string]string) Section {
	s := Section{Title: "Service (" + path + ")"}
	if u["ProtectSystem"] == "strict" {
		s.add(Good, "the whole file system is read-only for it (ProtectSystem=strict)")
	} else {
		s.add(Bad, "the file system is not protected: ProtectSystem=%s, want strict", u["ProtectSystem"])
	}
	if u["ProtectHome"] == "yes" || u["ProtectHome"] == "true" || u["ProtectHome"] == "tmpfs" {
		s.add(Good, "home folders are out of its sight (ProtectHome=%s)", u["ProtectHome"])
	} else {
		s.add(Bad, "home folders are in its sight: ProtectHome=%s, want yes", u["ProtectHome"])
	}
	if paths := u["ReadWritePaths"]; paths != "" {
		s.add(Fact, "it may also write to %s", paths)
	}
	if dir := u["StateDirectory"]; dir != "" {
		s.add(Good, "all it can write is /var/lib/%s: names of announced sensors and events the broker has not got yet", dir)
	}
	switch {
	case u["IPAddressDeny"] == "any":
		s.add(Good, "it reaches only these addresses: %s", u["IPAddressAllow"])
	default:
		s.add(Fact, "the service's network is not limited (IPAddressDeny=any would)")
	}
	return s
}
