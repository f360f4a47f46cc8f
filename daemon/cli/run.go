package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"earshot/daemon"
	"earshot/daemon/capture/portaudio"
	"earshot/daemon/config"
	"earshot/daemon/source"
	"earshot/internal/logging"

	"github.com/spf13/cobra"
)

// runFlags are the flags of "earshot run" beside the settings.
type runFlags struct {
	settings
	device string
	files  []string
	loop   bool
	fast   bool
}

func newRunCmd() *cobra.Command { return runCmd(new(runFlags)) }

// runCmd is the command that fills flags.
func runCmd(flags *runFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "run",
		Short: "Listen, name what is heard, and publish it over MQTT",
		Long: `Listens to every configured source until Ctrl-C, or until all files are played.

With no configuration at all it takes the default microphone; where there is none,
it plays a bundled recording through the same path, so that you can see it work.
The recording never reaches a broker of yours: with one it waits for a microphone.
With no broker configured it starts a small one on this machine and prints its
address; any MQTT client can look on:

  mosquitto_sub -h 127.0.0.1 -v -t 'earshot/#'

The live page is at http://127.0.0.1:8090/ unless configured otherwise.
SIGHUP reads the configuration again; a bad one is reported and not used.`,
		Example: `  earshot run
  earshot run --device USB --broker tcp://homeassistant.local:1883
  earshot run --file morning.flac --fast
  earshot run --set watch.hold=10s --set mqtt.scores=3
  ffmpeg -i rtsp://camera/… -f s16le -ac 1 -ar 44100 - | earshot run --set 'sources=[{kind: stdin}]'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return run(c, flags) },
	}
	flags.addTo(c)
	f := c.Flags()
	f.StringVar(&flags.device, "device", "", "listen to this microphone: its name or part of it (see earshot devices)")
	f.StringArrayVar(&flags.files, "file", nil, "play this recording instead; may be given several times")
	f.BoolVar(&flags.loop, "loop", false, "play the recordings over and over")
	f.BoolVar(&flags.fast, "fast", false, "play them as fast as possible instead of in real time")
	return c
}

func run(c *cobra.Command, flags *runFlags) error {
	more, err := flags.sources(c)
	if err != nil {
		return err
	}
	load := func() (*config.File, error) { return flags.load(c, more...) }
	first, err := load()
	if err != nil {
		return fail(exitCode(err), daemon.EveryMistake(first, err, builtInModel))
	}
	log := logging.New(logging.Config{Level: first.Config.Log.Level, Format: first.Config.Log.Format, Out: c.ErrOrStderr()})
	log.Info().Str("version", version).Str("configuration", first.Origin).Msg("earshot")

	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	err = daemon.Run(c.Context(), daemon.Options{
		Load:    load,
		BuiltIn: builtInModel,
		Log:     log,
		Version: version,
		Means: source.Means{
			Patient: os.Getenv("NOTIFY_SOCKET") != "", // under systemd a microphone may come later
		},
		Devices: portaudio.Devices,
		Reload:  hangup,
		Learn:   flags.learn(c),
		Ready: func(r daemon.Ready) {
			if logging.Terminal(c.ErrOrStderr()) {
				greet(c.OutOrStdout(), r)
			}
		},
	})
	return classifyError(err)
}

// learn is how the daemon has itself taught: by "earshot teach" with the same configuration.
func (r *runFlags) learn(c *cobra.Command) func(args ...string) *exec.Cmd {
	self, err := os.Executable()
	overrides, err2 := r.overrides(c)
	if err != nil || err2 != nil {
		return nil
	}
	return func(args ...string) *exec.Cmd {
		all := []string{"teach"}
		if r.path != "" {
			all = append(all, "--config", r.path)
		}
		for _, o := range overrides {
			all = append(all, "--set", o.Key+"="+o.Value)
		}
		return exec.Command(self, append(all, args...)...)
	}
}

// sources turns --device and --file into the list of sources.
func (r *runFlags) sources(c *cobra.Command) ([]config.Override, error) {
	f := c.Flags()
	switch {
	case f.Changed("device") && f.Changed("file"):
		return nil, usage(errors.New("--device and --file exclude each other: one is a microphone, the other a recording"))
	case f.Changed("device"):
		source := config.Source{Name: "mic", Kind: config.KindPortAudio, Device: &r.device}
		return []config.Override{{Flag: "--device", Key: "sources", Set: func(c *config.Config) { c.Sources = []config.Source{source} }}}, nil
	case f.Changed("file"):
		realtime := !r.fast
		source := config.Source{Name: "file", Kind: config.KindFile, Paths: r.files, Loop: &r.loop, Realtime: &realtime}
		return []config.Override{{Flag: "--file", Key: "sources", Set: func(c *config.Config) { c.Sources = []config.Source{source} }}}, nil
	case r.loop || r.fast:
		return nil, usage(errors.New("--loop and --fast belong to --file"))
	}
	return nil, nil
}

// greet tells a person at a terminal where to look.
func greet(w io.Writer, r daemon.Ready) {
	fmt.Fprintf(w, "\n  Listening to: %v\n", r.Sources)
	if host, port, ok := hostPort(r.Broker); ok {
		fmt.Fprintf(w, "  MQTT:         mosquitto_sub -h %s -p %s -v -t 'earshot/%s/#'\n", host, port, r.NodeID)
	}
	if r.Page != "" {
		fmt.Fprintf(w, "  Live page:    %s\n", r.Page)
	}
	fmt.Fprintf(w, "  Stop:         Ctrl-C\n\n")
}
