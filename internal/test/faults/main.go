// Command faults breaks things around a running earshot, and prints what was lost and how long it took to come back.
//
//	go run ./internal/faults [-earshot BINARY] [-only PATTERN] [-long] > table.md
//
// All is real: the program as it is installed, mosquitto, and a microphone of PulseAudio's that it captures with
// PortAudio. This command stands in for systemd: it takes READY and WATCHDOG messages, and starts the program again a
// second after it ended by itself. The network is a small one, whose scores are known, but for the overload. It needs
// root, for the small disk, the quota of processor time and the wall clock of its own.
//
// It takes about a quarter of an hour. With -long the microphone is away for an hour and the overload lasts ten
// minutes. The table comes on standard output, what happens meanwhile on standard error. The exit code is 1 when a
// promise was not kept; no promise is about how quick this machine is.
package main

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"

	"earshot/internal/test/rig"
)

// options are what the command line says.
type options struct {
	program  string        // absolute
	away     time.Duration // of the microphone
	overload time.Duration
	day      time.Duration // of sound that is heard while the broker is away
}

// fault is one row of the table.
type fault struct {
	name    string
	promise string
	run     func(*scene) (outcome, error)
}

// outcome is what a fault did.
type outcome struct {
	lost string
	back string // until all was well again, and since when that counts
}

func main() { rig.Main("faults", run) }

func run() error {
	program := flag.String("earshot", "build/bin/earshot", "the program to break things around")
	only := flag.String("only", "", "regular expression: only the faults whose name it matches")
	long := flag.Bool("long", false, "an hour without the microphone, ten minutes of overload")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	o := options{away: time.Minute, overload: time.Minute, day: 24 * time.Hour}
	if *long {
		o.away, o.overload = time.Hour, 10*time.Minute
	}
	if err := rig.There("build", program); err != nil {
		return err
	}
	o.program = *program
	fmt.Println("| fault | lost | back after | promise | kept |")
	fmt.Println("|---|---|---|---|---|")
	broken := 0
	for _, f := range faults(o) {
		if !chosen.MatchString(f.name) {
			continue
		}
		rig.Say("%s", f.name)
		kept, err := row(o, f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !kept {
			broken++
		}
	}
	if broken > 0 {
		return fmt.Errorf("%d promises were not kept", broken)
	}
	return nil
}

// row brings one fault about and prints what came of it.
func row(o options, f fault) (kept bool, err error) {
	s, err := newScene(o)
	if err != nil {
		return false, err
	}
	out, err := f.run(s)
	s.close()
	if errors.Is(err, errNever) { // what should have happened did not
		s.fail("%v; the program's last line: %s", err, s.lastLine())
	} else if err != nil {
		return false, err
	}
	yes := "yes"
	if len(s.broken) > 0 {
		yes = "**no**: " + strings.Join(s.broken, "; ")
	}
	fmt.Printf("| %s | %s | %s | %s | %s |\n", f.name, out.lost, out.back, f.promise, yes)
	return len(s.broken) == 0, nil
}

// faults lists them all.
func faults(o options) []fault {
	const mic = "told offline, labels OFF; comes back by itself"
	all := []fault{
		{fmt.Sprintf("microphone unplugged for %s", span(o.away)), mic, unplugged},
		{"audio server killed for 5 s", mic, serverKilled},
		{"audio server frozen for 30 s", mic, serverFrozen},
		{"microphone comes back under another number", mic, renumbered},
		{"broker killed for 10 s", "every event arrives, in order; all states back", brokerKilled},
		{"broker frozen for 25 s", "every event arrives, in order; all states back", brokerFrozen},
		{fmt.Sprintf("broker away for %s of sound, an event every 20 s", span(o.day)), "every event arrives, in order; memory bounded", brokerAwayForADay},
		{"disk full while clips are due", "events go on; nothing half-written; clips again when there is room", diskFull},
		{"clock set an hour forward, then back", "durations, hold, mutes and clips' age follow real time, timestamps the clock", clockSet},
		{fmt.Sprintf("sound twice as fast as the machine for %s", span(o.overload)), "latency and memory bounded; what is dropped is counted and told", overloaded},
		{"no processor for 20 s", "no restart by the watchdog", starved},
		{"process frozen for 20 s", "told offline by the last will; online again", processFrozen},
		{"configuration broken by a reload", "the old one goes on, nothing is lost", brokenReload},
	}
	for _, state := range states {
		all = append(all, fault{"kill -9 " + state.name, "told offline; afterwards no half-written file, no label stuck ON", state.run})
	}
	return append(all, hostile()...)
}

// span writes a duration as people do.
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%.3g h", d.Hours())
	case d >= time.Minute:
		return fmt.Sprintf("%.3g min", d.Minutes())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
