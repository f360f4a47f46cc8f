// Package kind is the table of the kinds of source: a new one is a folder beside this and a line here.
package kind

import (
	"strconv"

	"earshot/daemon/capture"
	"earshot/daemon/capture/command"
	"earshot/daemon/capture/demo"
	"earshot/daemon/capture/file"
	"earshot/daemon/capture/portaudio"
	"earshot/daemon/capture/stdin"
	"earshot/daemon/config"
)

// Demo is the bundled recording; it cannot be configured, only come about when there is nothing else.
const Demo = "demo"

// row says how a source is made of its configuration, and what can be expected of it.
type row struct {
	open      func(config.Source, capture.Common) (capture.Source, error)
	live      func(config.Source) bool // its sound comes with the clock; nil = always
	waits     bool                     // it can be held back even so
	recording bool                     // it may well be silent: nobody judges a microphone by it
}

var table = map[string]row{
	config.KindPortAudio: {open: portaudio.Open},
	config.KindFile:      {open: file.Open, live: file.Realtime, recording: true},
	config.KindStdin:     {open: stdin.Open, waits: true},
	config.KindCommand:   {open: command.Open},
	Demo:                 {open: demo.Open, recording: true},
}

// of panics on a kind that the configuration would have refused.
func of(c config.Source) row {
	k, ok := table[c.Kind]
	if !ok {
		panic("capture: source of kind " + strconv.Quote(c.Kind))
	}
	return k
}

// Open makes the source that c configures; common.Channel is c's.
func Open(c config.Source, common capture.Common) (capture.Source, error) {
	common.Channel = 0 // mix
	if text := config.Or(c.Channel, "mix"); text != "mix" {
		common.Channel, _ = strconv.Atoi(text) // the configuration has checked it
	}
	return of(c).open(c, common)
}

// Live tells whether a source's sound comes with the clock.
func Live(c config.Source) bool {
	live := of(c).live
	return live == nil || live(c)
}

// Waits tells whether a source can be held back, so that nothing need be dropped.
func Waits(c config.Source) bool { return of(c).waits || !Live(c) }

// Recording tells whether a source plays what was recorded, rather than what is to be heard now.
func Recording(c config.Source) bool { return of(c).recording }
