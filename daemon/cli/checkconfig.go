package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"earshot/daemon"
	"earshot/daemon/capture/portaudio"
	"earshot/daemon/config"
	"earshot/infer/remote"
	"earshot/internal/logging"

	"github.com/spf13/cobra"
)

// probeLimit is how long the broker may take to answer.
const probeLimit = 20 * time.Second

func newCheckConfigCmd(shipped []byte) *cobra.Command {
	var set settings
	var defaults, online, asJSON bool
	c := &cobra.Command{
		Use:   "check-config [FILE]",
		Short: "Check the configuration and list every mistake with its line",
		Long: `Reads the configuration as "earshot run" would ("-" is standard input), and what it
names: the model and whether it knows the watched labels, password and certificate
files, recordings, programs, folders, and whether each topic belongs to one thing. All
mistakes are listed at once, each with its line and what would be right. Secrets are
never printed. With --online it also connects to the broker and to an inference
server, and looks for the microphones. With --json it prints {"file", "ok", "mistakes": [{"origin", "line",
"key", "text"}], "sources": [{"name", "what"}], "broker", "labels", "groups",
"inference_server", "page", "clips", "overlays",
"tuned"}; all after "mistakes" only where there are none.`,
		Example: `  earshot check-config
  earshot check-config /etc/earshot/config.yaml
  earshot check-config --json | jq -r '.mistakes[].text'
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
			f, err := checkedConfig(c, &set)
			if err == nil && online {
				log := logging.New(logging.Config{Level: "error", Out: c.ErrOrStderr()})
				ctx, cancel := context.WithTimeout(c.Context(), probeLimit)
				defer cancel()
				err = classifyError(daemon.Probe(ctx, f, log, builtInModel, portaudio.Devices))
			}
			if asJSON {
				return errors.Join(printJSON(c.OutOrStdout(), reportConfig(f, err)), silent(err))
			}
			if err == nil {
				describeConfig(f).print(c.OutOrStdout())
			}
			return err
		},
	}
	set.addTo(c)
	c.Flags().BoolVar(&online, "online", false, "connect to broker and inference server, and look for the microphones, too")
	c.Flags().BoolVar(&defaults, "defaults", false, "print the commented default configuration and stop")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// checkedConfig reads the configuration and tells everything that is wrong with it.
func checkedConfig(c *cobra.Command, set *settings) (*config.File, error) {
	read := set.load
	if set.path == stdio {
		read = set.loadStdin
	}
	f, err := read(c)
	var found config.Errors
	if err != nil && (f == nil || !errors.As(err, &found)) {
		return nil, err
	}
	return f, fail(exitConfig, daemon.Check(f, found, builtInModel))
}

// configReport is what check-config has to say, for programs.
type configReport struct {
	File     string         `json:"file,omitempty"`
	OK       bool           `json:"ok"`
	Mistakes []config.Issue `json:"mistakes"`
	*Summary
}

func reportConfig(f *config.File, err error) configReport {
	r := configReport{OK: err == nil, Mistakes: []config.Issue{}}
	if f != nil {
		r.File = f.Origin
	}
	var issues config.Errors
	switch {
	case err == nil:
		r.Summary = describeConfig(f)
	case errors.As(err, &issues):
		r.Mistakes = issues
	default:
		r.Mistakes = append(r.Mistakes, config.Issue{Origin: r.File, Text: err.Error()})
	}
	return r
}

// Summary is what a configuration comes to, without secrets: a command's arguments may hold one.
type Summary struct {
	Sources []sourceSummary `json:"sources"`
	Broker  string          `json:"broker"`
	Labels  int             `json:"labels"`
	Groups  int             `json:"groups"`
	Remote  string          `json:"inference_server,omitempty"`
	Page    string          `json:"page,omitempty"`
	Clips   string          `json:"clips,omitempty"`
	Over    []string        `json:"overlays,omitempty"`
	Tuned   []string        `json:"tuned,omitempty"` // labels whose rule was set while it ran
	origin  string
}

type sourceSummary struct {
	Name string `json:"name"`
	What string `json:"what"`
}

func describeConfig(f *config.File) *Summary {
	c := f.Config
	d := &Summary{origin: f.Origin, Over: f.Over, Broker: c.MQTT.Broker, Labels: len(c.Watch.Labels), Groups: len(c.Watch.Groups), Sources: []sourceSummary{}}
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
		d.Sources = append(d.Sources, sourceSummary{s.Name, what})
	}
	if d.Broker == "" {
		d.Broker = "embedded, on " + c.MQTT.Embedded
	}
	if c.Web.Listen != "" {
		d.Page = "http://" + c.Web.Listen + "/"
	}
	if a, err := remote.ParseAddress(c.Inference.Remote.URL); err == nil {
		d.Remote = a.String()
	}
	if c.Clips.Enabled {
		d.Clips = fmt.Sprintf("ON: sound around events is written to disk, at most %s, for %s", c.Clips.MaxSize, c.Clips.MaxAge)
	}
	for _, l := range f.Tuned.Labels {
		d.Tuned = append(d.Tuned, fmt.Sprintf("%s, by %s", l, f.Tuned.Path))
	}
	return d
}

func (d *Summary) print(w io.Writer) {
	fmt.Fprintf(w, "%s: all right\n", d.origin)
	for _, o := range d.Over {
		fmt.Fprintf(w, "  overlay:  %s\n", o)
	}
	if len(d.Sources) == 0 {
		otherwise := "it is waited for" // the recording never reaches a broker of the house
		if strings.HasPrefix(d.Broker, "embedded") {
			otherwise = "the bundled recording is played"
		}
		fmt.Fprintf(w, "  sources:  the default microphone; where there is none %s\n", otherwise)
	}
	for _, s := range d.Sources {
		fmt.Fprintf(w, "  source:   %s: %s\n", s.Name, s.What)
	}
	fmt.Fprintf(w, "  broker:   %s\n", d.Broker)
	fmt.Fprintf(w, "  watching: %d labels, %d groups\n", d.Labels, d.Groups)
	if d.Remote != "" {
		fmt.Fprintf(w, "  network:  on the inference server %s\n", d.Remote)
	}
	if d.Page != "" {
		fmt.Fprintf(w, "  page:     %s\n", d.Page)
	}
	if d.Clips != "" {
		fmt.Fprintf(w, "  clips:    %s\n", d.Clips)
	}
	for _, t := range d.Tuned {
		fmt.Fprintf(w, "  applied:  %s\n", t)
	}
}
