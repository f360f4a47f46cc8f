package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"earshot/daemon/alarm"
	"earshot/daemon/config"
	"earshot/daemon/history"
	"earshot/daemon/history/store"

	"github.com/spf13/cobra"
)

// historyFlags are the flags of "earshot history".
type historyFlags struct {
	settings
	since, until  string
	filter        store.Filter
	limit         int
	asJSON, asCSV bool
	verify        bool
}

func newHistoryCmd() *cobra.Command {
	var flags historyFlags
	c := &cobra.Command{
		Use:   "history",
		Short: "Show what was heard",
		Long: `Lists the events that the daemon has written down, newest first, beside the running
daemon or without it: when a sound began, where, its score and the threshold, how long
it lasted, and what each of the two networks said. A time is a date (2026-11-22), a
date with a time of day (2026-11-22T18:30), or how long ago (90m, 24h, 7d). With the
number in front "earshot feedback" says whether it was right.

With --json each line is an object with everything that is known of one event, the
labels that came next and the level among it; --csv is for spreadsheets.`,
		Example: `  earshot history --since 24h
  earshot history --label dog --since 7d
  earshot history --csv --since 2026-11-01 --limit 0 > november.csv
  earshot history --verify
  earshot history --json | jq -r '.label' | sort | uniq -c`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if flags.verify {
				return verifyEvidence(c, &flags)
			}
			return showHistory(c, &flags)
		},
	}
	flags.addTo(c)
	f := c.Flags()
	f.StringVar(&flags.since, "since", "", "only what began since then (default: all)")
	f.StringVar(&flags.until, "until", "", "and before then")
	f.StringVar(&flags.filter.Label, "label", "", "only this label or group")
	f.StringVar(&flags.filter.Source, "source", "", "only this source")
	f.StringVar(&flags.filter.Text, "search", "", "only labels with this in their name")
	f.BoolVar(&flags.filter.Groups, "groups", false, "groups too, beside the labels that switched them on")
	f.IntVarP(&flags.limit, "limit", "n", 100, "the newest so many; 0: all")
	f.BoolVar(&flags.asJSON, "json", false, "print a line of JSON for each")
	f.BoolVar(&flags.asCSV, "csv", false, "print comma-separated values")
	f.BoolVar(&flags.verify, "verify", false, "hold the evidence of surveillance, and the clips kept with it, against its chain of digests")
	return c
}

// verifyEvidence says whether the evidence is what was written. Its head is for comparing with what the alarm's topic told.
func verifyEvidence(c *cobra.Command, flags *historyFlags) error {
	f, err := flags.load(c)
	if err != nil {
		return err
	}
	dir, err := f.Config.StateFolder()
	if err != nil {
		return fail(exitConfig, err)
	}
	v, err := alarm.Verify(dir)
	switch {
	case err != nil:
		return fail(exitFailure, err)
	case flags.asJSON:
		return printJSON(c.OutOrStdout(), v)
	}
	fmt.Fprintf(c.OutOrStdout(), "%d records and %d clips are as they were written; the last record's SHA-256 is %s\n", v.N, v.Clips-len(v.Missing), v.SHA256)
	for _, name := range v.Missing {
		fmt.Fprintf(c.OutOrStdout(), "clip %q is not there any more\n", name)
	}
	return nil
}

func showHistory(c *cobra.Command, flags *historyFlags) error {
	if flags.asJSON && flags.asCSV {
		return usage(errors.New("--json and --csv exclude each other"))
	}
	if flags.limit < 0 {
		return usage(fmt.Errorf("--limit %d: want 0 or more", flags.limit))
	}
	if flags.limit == 0 {
		flags.limit = 1 << 30
	}
	now := time.Now()
	var err error
	if flags.filter.Since, err = moment("--since", flags.since, now); err != nil {
		return err
	}
	if flags.filter.Until, err = moment("--until", flags.until, now); err != nil {
		return err
	}
	r, err := flags.reader(c)
	if err != nil {
		return err
	}
	defer r.Close()
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	out := c.OutOrStdout()
	switch {
	case flags.asJSON:
		err = historyJSON(ctx, out, r, flags)
	case flags.asCSV:
		err = r.CSV(ctx, out, flags.filter, flags.limit)
	default:
		err = historyTable(ctx, out, r, flags)
	}
	return noHistory(err)
}

// reader opens the history of the configuration.
func (s *settings) reader(c *cobra.Command) (*store.Reader, error) {
	f, err := s.load(c)
	if err != nil {
		return nil, err
	}
	path, err := history.Path(f)
	if err != nil {
		return nil, fail(exitConfig, err)
	}
	return store.NewReader(path), nil
}

// noHistory says where a history would be from.
func noHistory(err error) error {
	if errors.Is(err, store.ErrNone) {
		return fail(exitFailure, fmt.Errorf("%w; \"earshot run\" writes it while history.enabled is true (the service's is in /var/lib/earshot: --set state_dir=/var/lib/earshot)", err))
	}
	return err
}

// moment reads a time: a date, a date and time, or how long ago.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339, time.DateTime} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	ago, err := config.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, usage(fmt.Errorf("%s %q: want a date such as 2026-11-22, with a time of day as in 2026-11-22T18:30, or how long ago, such as 24h or 7d", flag, text))
	}
	return now.Add(-ago), nil
}

func historyTable(ctx context.Context, w io.Writer, r *store.Reader, flags *historyFlags) error {
	n := 0
	err := r.Events(ctx, flags.filter, store.Cursor{}, flags.limit, func(e store.Event) error {
		if n++; n == 1 {
			fmt.Fprintf(w, "%6s  %-19s  %-12s  %-18s  %6s  %9s  %8s  %-13s\n", "EVENT", "BEGAN", "SOURCE", "LABEL", "SCORE", "THRESHOLD", "LASTED", "NETWORKS")
		}
		opinions := ""
		if e.First != nil {
			opinions = fmt.Sprintf("%.2f and %.2f", *e.First, *e.Second)
		}
		line := fmt.Sprintf("%6d  %-19s  %-12s  %-18s  %6.3f  %9.3f  %8s  %-13s", e.ID, e.Onset.Format(time.DateTime), e.Source, e.Label, e.Peak, e.On, lasted(e), opinions)
		if e.Muted {
			line += "  muted"
		}
		if e.Verdict != "" {
			line += "  judged " + e.Verdict
		}
		if e.Actual != "" {
			line += ": it was " + e.Actual
		}
		_, err := fmt.Fprintln(w, strings.TrimRight(line, " "))
		return err
	})
	if err == nil && n == 0 {
		fmt.Fprintln(w, "Nothing was heard then.")
	}
	return err
}

// lasted is how long an event was on, for people.
func lasted(e store.Event) string {
	switch {
	case e.End.IsZero():
		return "still on"
	case e.Cut:
		return "cut off"
	}
	return fmt.Sprintf("%.1f s", e.End.Sub(e.Onset).Seconds())
}

func historyJSON(ctx context.Context, w io.Writer, r *store.Reader, flags *historyFlags) error {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return r.Events(ctx, flags.filter, store.Cursor{}, flags.limit, func(e store.Event) error { return lines.Encode(e) })
}
