package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"earshot/daemon"
	"earshot/daemon/tune"

	"github.com/spf13/cobra"
)

// tuneFlags are the flags of "earshot tune".
type tuneFlags struct {
	settings
	since, source         string
	minOn, hold, cooldown time.Duration
	asJSON                bool
}

func newTuneCmd() *cobra.Command {
	var flags tuneFlags
	c := &cobra.Command{
		Use:   "tune LABEL",
		Short: "Show how often a sound would switch on with another threshold",
		Long: `Works out from the scores of the last days, which the daemon has written down, what
each threshold of a label would have come to: how often it would have switched on,
and for how long. It is the daemon's own smoothing that is done again: what is shown
for a threshold is what a run with it tells of the same sound. The line marked * is the
threshold that is set. Put the one that you like under watch.labels, as on, and
the lower one beside it as off.

A label that is not watched is never asked of the second network, and would be heard
less often than shown once it is watched.`,
		Example: `  earshot tune dog
  earshot tune dog --since 30d --source mic
  earshot tune dog --min-on 2s       had it to last two seconds
  earshot tune dog --json | jq '.points[] | select(.per_day < 1) | .on' | head -1`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("tune takes one LABEL, such as dog; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return showTune(c, &flags, args[0]) },
	}
	flags.addTo(c)
	f := c.Flags()
	f.StringVar(&flags.since, "since", "7d", "from the scores since then: a date, or how long ago")
	f.StringVar(&flags.source, "source", "", "of this source only (default: all)")
	f.DurationVar(&flags.minOn, "min-on", 0, "with this min_on instead of the one that is set")
	f.DurationVar(&flags.hold, "hold", 0, "with this hold")
	f.DurationVar(&flags.cooldown, "cooldown", 0, "with this cooldown")
	f.BoolVar(&flags.asJSON, "json", false, "print JSON")
	return c
}

func showTune(c *cobra.Command, flags *tuneFlags, label string) error {
	now := time.Now()
	since, err := moment("--since", flags.since, now)
	if err != nil {
		return err
	}
	f, err := flags.load(c)
	if err != nil {
		return err
	}
	r, rate, err := daemon.Rules(f, builtInModel)
	if err != nil {
		return classifyError(err)
	}
	rule, watched, err := tune.RuleOf(r, label, rate)
	if err != nil {
		return usage(err)
	}
	for _, d := range []struct {
		flag      string
		to        *time.Duration
		from, max time.Duration
	}{{"min-on", &rule.MinOn, flags.minOn, time.Hour}, {"hold", &rule.Hold, flags.hold, 24 * time.Hour}, {"cooldown", &rule.Cooldown, flags.cooldown, 24 * time.Hour}} {
		if c.Flags().Changed(d.flag) {
			if *d.to = d.from; d.from < 0 || d.from > d.max {
				return usage(fmt.Errorf("--%s %v: want 0s to %v", d.flag, d.from, d.max))
			}
		}
	}
	store, err := flags.reader(c)
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	q := tune.Question{Label: label, Sources: []string{flags.source}, Since: since, Until: now.Add(time.Hour), Now: rule}
	if flags.source == "" {
		if q.Sources, err = store.Sources(ctx); err != nil {
			return noHistory(err)
		}
	}
	curve, err := tune.Find(ctx, store, q)
	switch {
	case errors.Is(err, context.Canceled):
		return classifyError(err)
	case err != nil:
		return noHistory(err)
	case flags.asJSON:
		return printJSON(c.OutOrStdout(), curve)
	case curve.Hours == 0:
		return fail(exitFailure, fmt.Errorf("no scores since %s; \"earshot run\" writes them while history.enabled is true", since.Format(time.DateTime)))
	}
	printCurve(c.OutOrStdout(), curve, watched)
	return nil
}

func printCurve(w io.Writer, c *tune.Curve, watched bool) {
	fmt.Fprintf(w, "%s, from %v of sound between %s and %s:\n\n", c.Label, time.Duration(c.Hours*3600)*time.Second, c.Since.Format(time.DateTime), c.Until.Format(time.DateTime))
	const day = 24
	aDay := func(text string) string { // events a day are told where a day was heard
		if c.Hours < day {
			return ""
		}
		return fmt.Sprintf("  %10s", text)
	}
	fmt.Fprintf(w, "  %9s  %6s  %8s%s  %12s\n", "THRESHOLD", "OFF", "EVENTS", aDay("A DAY"), "SECONDS ON")
	for _, p := range c.Points {
		mark, about := " ", ""
		if p.On == tune.Thousandths(c.Now.On) && watched {
			mark = "*"
		}
		if p.About {
			about = "  at least"
		}
		fmt.Fprintf(w, "%s %9.3f  %6.3f  %8d%s  %12.1f%s\n", mark, p.On, p.Off, p.Events, aDay(fmt.Sprintf("%.1f", p.PerDay)), p.Seconds, about)
	}
	fmt.Fprintf(w, "\nwith min_on %v, hold %v, cooldown %v", c.Now.MinOn, c.Now.Hold, c.Now.Cooldown)
	if watched {
		fmt.Fprintf(w, "; * is what is set: on %.3g, off %.3g\n", c.Now.On, c.Now.Off)
	} else {
		fmt.Fprintf(w, "; it is not watched at present\n")
	}
}
