// Command fleet runs a fleet of forty nodes on two real brokers and prints what came of it.
//
//	make fleet
//
// All that decides is real: a site's mosquitto with the bridge that docs/fleet.md gives, the head office's mosquitto above it, four daemons as
// they are built, each listening to the bundled recording, and "earshot fleet" with its keys. The other nodes are the daemon's own
// publisher and its own dealing with pushes, without ears. The tables come on standard output, what happens meanwhile on standard error. The
// exit code is 1 when a promise was not kept. It takes some ten minutes, and two of a processor; one row wants root.
package main

import (
	"flag"
	"fmt"
	"regexp"

	"earshot/internal/test/rig"
)

func main() { rig.Main("fleet", run) }

func run() (err error) {
	program := flag.String("earshot", "build/bin/earshot", "the program to show")
	only := flag.String("only", "", "regular expression: only the steps whose name it matches, and what those need")
	flag.IntVar(&many, "many", many, "nodes of the second site, which is there for its figures")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if err := rig.There("fleet", program); err != nil {
		return err
	}
	s := &scene{program: *program}
	defer s.close()
	if err := s.open(); err != nil {
		return err
	}
	fmt.Print(rig.Header)
	broken := rig.Rows(s, &s.Promises, steps, chosen)
	s.printLoads()
	if broken > 0 {
		return fmt.Errorf("%d promises were not kept; the last lines of the first daemon's:\n%s", broken, s.lastLines())
	}
	return nil
}
