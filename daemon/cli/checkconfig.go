package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/daemon"
	"earshot/daemon/capture/portaudio"
	"earshot/daemon/config"
	"earshot/internal/logging"

	"github.com/spf13/cobra"
)

// probeLimit is how long the broker may take to answer.
const probeLimit = 20 * time.Second

func newCheckConfigCmd(shipped []byte) *cobra.Command {
	var set settings
	var defaults, online bool
	c := &cobra.Command{
		Use:   "check-config [FILE]",
		Short: "Check the configuration and list every mistake with its line",
		Long: `Reads the configuration as "earshot run" would, and what it names: the model and
whether it knows the watched labels, password and certificate files, recordings,
programs. All mistakes are listed at once, each with its line and what would be
right. Secrets are never printed. With --online it also connects to the broker and
looks for the microphones.`,
		Example: `  earshot check-config
  earshot check-config /etc/earshot/config.yaml
  earshot check-config --defaults > config.yaml      a commented file to start from`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && c.Flags().Changed("config") {
				return usage(fmt.Errorf("check-config takes one FILE; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				set.path = args[0]
			}
			if defaults {
				_, err := c.OutOrStdout().Write(shipped)
				return err
			}
			f, err := set.load(c)
			if err != nil {
				return err
			}
			if err := daemon.Check(f, builtInModel); err != nil {
				return fail(exitConfig, err)
			}
			if online {
				log := logging.New(logging.Config{Level: "error", Out: c.ErrOrStderr()})
				ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
				defer cancel()
				if err := daemon.Probe(ctx, f, log, portaudio.Devices); err != nil {
					return classifyError(err)
				}
			}
			describeConfig(c.OutOrStdout(), f)
			return nil
		},
	}
	set.addTo(c)
	c.Flags().BoolVar(&online, "online", false, "connect to the broker and look for the microphones too")
	c.Flags().BoolVar(&defaults, "defaults", false, "print the commented default configuration and stop")
	return c
}

// describeConfig says what the configuration comes to, without secrets: a command's arguments may hold one.
func describeConfig(w io.Writer, f *config.File) {
	c := f.Config
	fmt.Fprintf(w, "%s: all right\n", f.Origin)
	if len(c.Sources) == 0 {
		otherwise := "it is waited for" // the recording never reaches a broker of the house
		if c.MQTT.Broker == "" {
			otherwise = "the bundled recording is played"
		}
		fmt.Fprintf(w, "  sources:  the default microphone; where there is none %s\n", otherwise)
	}
	for _, s := range c.Sources {
		what := s.Kind
		switch s.Kind {
		case config.KindPortAudio:
			what = "microphone " + config.Or(s.Device, "(the default)")
		case config.KindFile:
			what = strings.Join(s.Paths, ", ")
		case config.KindCommand:
			what = "program " + s.Command[0]
		}
		fmt.Fprintf(w, "  source:   %s: %s\n", s.Name, what)
	}
	broker := c.MQTT.Broker
	if broker == "" {
		broker = "embedded, on " + c.MQTT.Embedded
	}
	fmt.Fprintf(w, "  broker:   %s\n", broker)
	fmt.Fprintf(w, "  watching: %d labels, %d groups\n", len(c.Watch.Labels), len(c.Watch.Groups))
	if c.Web.Listen != "" {
		fmt.Fprintf(w, "  page:     http://%s/\n", c.Web.Listen)
	}
	if c.Clips.Enabled {
		fmt.Fprintf(w, "  clips:    ON: sound around events is written to disk, at most %s, for %s\n", c.Clips.MaxSize, c.Clips.MaxAge)
	}
}
