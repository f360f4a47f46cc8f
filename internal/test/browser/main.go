// Command browser shows the page of the built program to a browser, as a person would use it, and prints what came of it.
//
//	make browser
//
// All is real: Chromium, the program as it is built, a microphone (a virtual one of PulseAudio's, internal/test/vmic). A sound is played,
// judged wrong, ten recordings of a new sound are taught through the page, the new model is measured, taken and taken back, the daemon is
// started again; every tab is looked over by axe-core and drawn into the folder -shots, on desktop and phone, dark and light. It takes some
// minutes. The table comes on standard output; the exit code is 1 when a step failed.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"earshot/internal/test/rig"
)

func main() { rig.Main("browser", run) }

func run() (err error) {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	axe := flag.String("axe", "build/browser/axe.min.js", "axe-core, which scripts/browser.sh fetches")
	chromium := flag.String("chromium", "chromium", "the browser")
	shots := flag.String("shots", "build/browser/shots", "folder for pictures of every tab")
	count := flag.Int("count", 10, "recordings of the new sound")
	sound := flag.String("sound", "daemon/capture/demo/demo.flac", "recording in which something is heard that is watched by default")
	skip := flag.String("skip", "^$", "regular expression: steps that are left out")
	flag.Parse()
	left, err := regexp.Compile(*skip)
	if err != nil {
		return err
	}
	for _, path := range []*string{program, axe, shots, sound} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		return err
	}
	s, err := newScene(*program, *axe, *chromium, *shots, *sound, *count)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Printf("| step | seen | took |\n|---|---|---|\n")
	var failed []string
	for _, step := range s.steps() {
		if left.MatchString(step.name) {
			continue
		}
		began := time.Now()
		seen, err := step.do()
		if err != nil {
			failed = append(failed, step.name)
			seen = "**failed**: " + err.Error()
			s.draw("failed-" + strings.ReplaceAll(step.name, " ", "-"))
		}
		fmt.Printf("| %s | %s | %.1f s |\n", step.name, strings.ReplaceAll(seen, "\n", " "), time.Since(began).Seconds())
		if err != nil && step.needed {
			break
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s; the program said:\n%s", strings.Join(failed, ", "), s.daemon.said())
	}
	return nil
}
