package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/portaudio"
	"earshot/daemon/health"
	"earshot/gammatone"

	"github.com/spf13/cobra"
)

// devicesFlags are the flags of "earshot devices".
type devicesFlags struct {
	asJSON bool
	listen string
	span   time.Duration
}

func newDevicesCmd() *cobra.Command {
	var flags devicesFlags
	c := &cobra.Command{
		Use:   "devices",
		Short: "List the microphones, or try one",
		Long: `devices lists the sound inputs that PortAudio finds. A source's "device" setting, and
--device of "earshot run", take such a name: in full, or any part of it that only
one device has. Numbers are not names: they change when something is plugged in.
Two microphones of one make have one name; they are told apart by the last column,
which "device" takes too: the USB port that one is plugged into, or its card.

--listen opens one as "earshot run" would, and shows its level every second, with
what is wrong with it if something is. Speak, and see whether the level moves: a
room is at −70 to −40 dBFS, speech beside the microphone at −30 to −15.`,
		Example: `  earshot devices
  earshot devices --json | jq -r '.[].name'
  earshot devices --listen USB
  earshot devices --listen "" --for 5s      the default one, for five seconds`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("listen") {
				return tryDevice(c, flags)
			}
			return listDevices(c.OutOrStdout(), flags.asJSON, portaudio.Devices)
		},
	}
	f := c.Flags()
	f.BoolVar(&flags.asJSON, "json", false, "print JSON")
	f.StringVar(&flags.listen, "listen", "", "open the input of this name, \"\" for the default, and show its level")
	f.DurationVar(&flags.span, "for", 0, "how long to listen (default: until Ctrl-C)")
	c.MarkFlagsMutuallyExclusive("json", "listen")
	return c
}

// deviceJSON is one device as --json prints it.
type deviceJSON struct {
	Name     string  `json:"name"`
	API      string  `json:"api"`
	Channels int     `json:"channels"`
	Rate     float64 `json:"rate_hz"`
	Default  bool    `json:"default"`
	Port     string  `json:"usb_port,omitempty"`
	Card     string  `json:"card,omitempty"`
	Identity string  `json:"identity,omitempty"` // the steadiest name that "device" takes
}

func listDevices(w io.Writer, asJSON bool, inputs func() ([]capture.Device, error)) error {
	devices, err := inputs()
	if err != nil {
		return classifyError(err)
	}
	if asJSON {
		list := make([]deviceJSON, len(devices))
		for i, d := range devices {
			list[i] = deviceJSON{d.Name, d.HostAPI, d.Channels, d.Rate, d.Default, d.Port, d.Card, d.Identity()}
		}
		return printJSON(w, list)
	}
	if len(devices) == 0 {
		return fail(exitAudio, errors.New("no sound input was found; is a microphone plugged in, and is this user in group audio? (see also: arecord -l)"))
	}
	width := 0
	for _, d := range devices {
		width = max(width, len([]rune(d.Name)))
	}
	fmt.Fprintf(w, "   %-*s  %-8s  %8s  %-8s  %s\n", width, "NAME", "CHANNELS", "RATE", "THROUGH", "PORT OR CARD")
	for _, d := range devices {
		mark := " "
		if d.Default {
			mark = "*"
		}
		line := fmt.Sprintf(" %s %-*s  %8d  %5.0f Hz  %-8s  %s", mark, width, d.Name, d.Channels, d.Rate, d.HostAPI, d.Identity())
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(w, "\n * the system's default")
	return nil
}

// levelSink measures what a microphone gives. Writing to it is what an audio
// thread may do, but for the lock that is taken once a second.
type levelSink struct{ monitor *health.Monitor }

func (s levelSink) Write(x []float32) { s.monitor.Push(x) }
func (s levelSink) Skip(int64)        {}

// tryDevice shows the level of a microphone until ctx or the span ends.
func tryDevice(c *cobra.Command, flags devicesFlags) error {
	ctx := c.Context()
	if flags.span > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, flags.span)
		defer cancel()
	}
	w := c.OutOrStdout()
	rate := gammatone.Default().SampleRate
	states := make(chan capture.State, 16) // more than can come between two looks
	mic, err := portaudio.New(portaudio.Config{Device: flags.listen, Common: capture.Common{Rate: rate, OnState: func(s capture.State) {
		select {
		case states <- s:
		default:
		}
	}}})
	if err != nil {
		return err
	}
	sink := levelSink{health.New(rate, health.Default())}
	done := make(chan error, 1)
	go func() { done <- mic.Run(ctx, sink) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for online := false; ; {
		select {
		case err := <-done:
			return classifyError(err)
		case s := <-states:
			online = s.Phase == capture.Online
			fmt.Fprintf(w, "%s: %s\n", s.Phase, s.Why)
		case <-tick.C:
			if online {
				showLevel(w, sink.monitor.Report())
			}
		}
	}
}

// showLevel prints one line, with a bar from −80 to 0 dBFS.
func showLevel(w io.Writer, r health.Report) {
	const from, step, cells = -80.0, 2.0, 40
	bar := make([]rune, cells)
	for i := range bar {
		at := from + step*float64(i)
		switch {
		case at < r.LevelDBFS:
			bar[i] = '█'
		case at < r.PeakDBFS:
			bar[i] = '▒'
		default:
			bar[i] = '·'
		}
	}
	fmt.Fprintf(w, "%7.1f dBFS  peak %6.1f  %s", r.LevelDBFS, r.PeakDBFS, string(bar))
	if r.Problem != health.None {
		fmt.Fprintf(w, "  %s: %s", r.Problem, r.Detail)
	}
	fmt.Fprintln(w)
}
