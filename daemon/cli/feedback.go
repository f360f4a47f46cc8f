package cli

import (
	"errors"
	"fmt"
	"os/signal"
	"strconv"
	"syscall"

	"earshot/daemon/feedback"
	"earshot/daemon/history/store"
	"earshot/daemon/tune"

	"github.com/spf13/cobra"
)

func newFeedbackCmd() *cobra.Command {
	var flags settings
	c := &cobra.Command{
		Use:   "feedback EVENT right|wrong|is LABEL|undo",
		Short: "Say of an event whether it was right",
		Long: `Writes into the history what you say of an event: that it was right, that it was wrong,
or what it really was. EVENT is its number in "earshot history", or last for the newest.

Where the event's clip is kept (clips.enabled), it teaches: the clip of a wrong one is
something that the next "earshot teach" learns to pass over and measures the new model
on; with "is" it becomes a recording of that label. Such clips are kept in the state
folder until they are deleted there, at most 200 a label and 512 MB in all, the oldest
of the wrong ones first; the clips' own retention does not take them.

Run it as the user that the daemon runs as.`,
		Example: `  earshot history --since 24h
  earshot feedback 1234 wrong
  earshot feedback last is doorbell
  earshot feedback 1234 undo`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 || (args[1] == "is") != (len(args) == 3) {
				return usage(fmt.Errorf("want the number of an event and right, wrong, is LABEL or undo; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return giveFeedback(c, &flags, args) },
	}
	flags.addTo(c)
	return c
}

func giveFeedback(c *cobra.Command, flags *settings, args []string) error {
	verdict, actual := args[1], ""
	switch verdict {
	case "is":
		verdict, actual = store.Wrong, args[2]
	case "undo":
		verdict = ""
	}
	f, err := flags.load(c)
	if err != nil {
		return err
	}
	desk, err := feedback.Of(f, builtInModel)
	if err != nil {
		return fail(exitConfig, err)
	}
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var id int64
	if args[0] == "last" {
		r := store.NewReader(desk.Store)
		defer r.Close()
		if err = r.Events(ctx, store.Filter{}, store.Cursor{}, 1, func(e store.Event) error { id = e.ID; return nil }); err != nil {
			return noHistory(err)
		}
	} else if id, err = strconv.ParseInt(args[0], 10, 64); err != nil {
		return usage(fmt.Errorf("event %q: want its number in \"earshot history\", or last", args[0]))
	}
	said, err := desk.Judge(ctx, id, verdict, actual)
	switch {
	case errors.Is(err, feedback.ErrVerdict):
		return usage(err)
	case errors.Is(err, store.ErrNoEvent):
		return fail(exitFailure, err)
	case err != nil:
		return noHistory(err)
	}
	e := said.Event
	fmt.Fprintf(c.OutOrStdout(), "%s, %s: %s\n", e.Label, e.Onset.Local().Format("2006-01-02 15:04:05"), said)
	if on, ok := tune.Silent(max(e.Peak, e.Score)); ok && e.Verdict == store.Wrong {
		fmt.Fprintf(c.OutOrStdout(), "it would have stayed silent with a threshold of %.3f; what else that would have cost: earshot tune %s\n", on, e.Label)
	}
	return nil
}
