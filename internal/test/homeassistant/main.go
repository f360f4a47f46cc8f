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
	"regexp"

	"earshot/internal/test/rig"
)

func main() { rig.Main("homeassistant", run) }

func run() (err error) {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	root := flag.String("root", "build/homeassistant", "the folder that scripts/homeassistant.sh filled")
	only := flag.String("only", "", "regular expression: only the steps whose name it matches, and what comes before all")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := rig.There("homeassistant", program, root); err != nil {
		return err
	}
	s, err := newScene(*program, *root)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Printf("Home Assistant %s\n\n%s", s.version, rig.Header)
	broken := rig.Rows(s, &s.Promises, steps[:1], regexp.MustCompile("")) // which all others need
	broken += rig.Rows(s, &s.Promises, steps[1:], chosen)
	ours, others := s.hass.graveLines()
	if !rig.Row("log lines at warning or above", fmt.Sprintf("%d of ours, %d of others", len(ours), others), ours) {
		broken++
	}
	if broken > 0 {
		return fmt.Errorf("%d promises were not kept; the program's last lines:\n%s", broken, s.tail())
	}
	return nil
}
