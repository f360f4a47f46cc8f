// Command homeassistant shows earshot to Home Assistant itself and prints what came of it.
//
//	make homeassistant
//
// All is real: Home Assistant of the version that scripts/homeassistant.sh installed, with its MQTT integration set up
// as a person would; mosquitto; and the program as it is built, which listens to the bundled recording. It needs root,
// for the chroot that Home Assistant lives in, and takes some minutes. The table comes on standard output, what happens
// meanwhile on standard error. The exit code is 1 when a promise was not kept, and when Home Assistant's log says
// anything about us at warning or above.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "homeassistant:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	root := flag.String("root", "build/homeassistant", "the folder that scripts/homeassistant.sh filled")
	only := flag.String("only", "", "regular expression: only the steps whose name it matches, and what comes before all")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	for _, path := range []*string{program, root} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
		if _, err := os.Stat(*path); err != nil {
			return fmt.Errorf("%w; `make homeassistant` makes it", err)
		}
	}
	s, err := newScene(*program, *root)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Printf("Home Assistant %s\n\n| what | seen | as it should be |\n|---|---|---|\n", s.version)
	broken := 0
	row := func(name, seen string, faults []string) {
		yes := "yes"
		if len(faults) > 0 {
			broken++
			yes = "**no**: " + strings.Join(faults, "; ")
		}
		fmt.Printf("| %s | %s | %s |\n", name, seen, yes)
	}
	for _, step := range steps {
		if !chosen.MatchString(step.name) && step.name != steps[0].name {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().Format("15:04:05"), step.name)
		s.broken = nil
		seen, err := step.run(s)
		if err != nil {
			s.fail("%v", err)
		}
		row(step.name, seen, s.broken)
	}
	ours, others := s.hass.graveLines()
	row("log lines at warning or above", fmt.Sprintf("%d of ours, %d of others", len(ours), others), ours)
	if broken > 0 {
		return fmt.Errorf("%d promises were not kept; the program's last lines:\n%s", broken, s.tail())
	}
	return nil
}
