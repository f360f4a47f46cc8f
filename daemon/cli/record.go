package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/kind"
	"earshot/daemon/config"
	"earshot/daemon/record"
	"earshot/daemon/recordings"
	"earshot/train/dataset"

	"github.com/spf13/cobra"
)

// recordFlags are the flags of "earshot record".
type recordFlags struct {
	settings
	source, device, file, out string
	count                     int
	room                      time.Duration
}

func newRecordCmd() *cobra.Command {
	var r recordFlags
	c := &cobra.Command{
		Use:   "record LABEL",
		Short: "Record a sound of your own ten times, to teach it",
		Long: `record listens to a source, waits until something stands out of the room, and keeps
it, until it has ten. Then it keeps a minute of the room alone, so that the room is not
taken for the sound. It needs no keyboard: over ssh it goes by the sound alone.

The files go to OUT/LABEL, the room to OUT/` + recordings.Room + `; what is there already stays, and new ones
are added. "earshot teach OUT" learns from them.

--source is a source of the configuration; without it the first one is taken, or the
default microphone. Stop a daemon that has the microphone first, where the sound system
gives it to one program only.`,
		Example: `  earshot record doorbell
  earshot record kettle --source kitchen --count 15 --out sounds
  earshot record doorbell --device USB --room 30s`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("want one label, such as doorbell"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return r.run(c, args[0]) },
	}
	f := c.Flags()
	f.StringVarP(&r.path, "config", "c", "", "configuration file (default $EARSHOT_CONFIG, "+config.SystemPath+", else built-in settings)")
	f.StringVar(&r.source, "source", "", "source of the configuration to record from")
	f.StringVar(&r.device, "device", "", "microphone to record from instead: its name or part of it (see earshot devices)")
	f.StringVar(&r.file, "file", "", "long recording to cut the sounds out of instead")
	f.StringVarP(&r.out, "out", "o", "recordings", "folder for the label's folder")
	f.IntVar(&r.count, "count", 10, "how often")
	f.DurationVar(&r.room, "room", time.Minute, "how much of the room alone; 0s for none")
	c.MarkFlagsMutuallyExclusive("source", "device", "file")
	return c
}

func (r *recordFlags) run(c *cobra.Command, name string) error {
	label := dataset.ID(name)
	if label == "" {
		return usage(fmt.Errorf("%q: a label needs at least one letter or digit", name))
	}
	if err := recordings.CheckLabel(label); err != nil {
		return usage(err)
	}
	switch {
	case r.count < 1 || r.count > 1000:
		return usage(fmt.Errorf("--count %d: want 1 to 1000", r.count))
	case r.room < 0 || r.room > time.Hour:
		return usage(fmt.Errorf("--room %v: want 0s to 1h", r.room))
	}
	from, err := r.from(c)
	if err != nil {
		return err
	}
	say := func(format string, a ...any) { fmt.Fprintf(c.OutOrStdout(), format+"\n", a...) }
	source, err := kind.Open(from, capture.Common{Rate: record.Rate, OnState: func(s capture.State) {
		if s.Phase != capture.Online {
			say("%s: %s", s.Phase, s.Why)
		}
	}})
	if err != nil {
		return fail(exitAudio, err)
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	kept, err := record.Run(ctx, record.Options{Label: label, Count: r.count, Room: r.room, Say: func(n record.Note) { say("%s", n) }, Source: source, Keep: func(room bool, x []float32) error {
		to := label
		if room {
			to = recordings.Room
		}
		_, err := recordings.Folder{Dir: r.out}.Keep(to, x)
		return err
	}})
	if err != nil {
		return fail(exitAudio, fmt.Errorf("%d of %d kept in %s: %w", kept, r.count, filepath.Join(r.out, label), err))
	}
	say("%d recordings in %s; learn them with: earshot teach %s", kept, filepath.Join(r.out, label), r.out)
	if ctx.Err() != nil && kept < r.count {
		return errSilent
	}
	return nil
}

// from is the source to record from.
func (r *recordFlags) from(c *cobra.Command) (config.Source, error) {
	fast := false
	switch {
	case c.Flags().Changed("file"):
		return config.Source{Name: "file", Kind: config.KindFile, Paths: []string{r.file}, Realtime: &fast}, nil
	case c.Flags().Changed("device"):
		return config.Source{Name: "mic", Kind: config.KindPortAudio, Device: &r.device}, nil
	}
	f, err := r.load(c)
	if err != nil {
		return config.Source{}, err
	}
	var names []string
	for _, s := range f.Config.Sources {
		if names = append(names, s.Name); s.Name == r.source || r.source == "" {
			return s, nil
		}
	}
	if r.source != "" {
		return config.Source{}, usage(fmt.Errorf("--source %q: the configuration has %q%s", r.source, names, config.DidYouMean(config.Nearest(r.source, names))))
	}
	return config.Source{Name: "mic", Kind: config.KindPortAudio}, nil
}
