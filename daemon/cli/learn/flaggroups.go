package learn

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a heading in a command's help, and the flags below it.
type flagGroup struct {
	title string
	flags []string
}

// trainGroups are the headings of train's help; what is in none of them stands below the last.
var trainGroups = []flagGroup{
	{"Data", []string{"data", "as-recorded", "esc10", "labels", "rename", "licence", "folds", "test", "cross-validate", "table", "strict", "shuffle-labels", "cache"}},
	{"Network", []string{"init", "attention", "width", "freeze", "freeze-layers", "floor"}},
	{"Recipe", []string{"recipe", "epochs", "batch", "rate", "optimiser", "schedule", "decay", "average", "smoothing", "without", "teacher", "waveform", "mixup", "seed"}},
	{"Background", []string{"background", "background-clips", "background-share", "mine", "no-background"}},
	{"Second opinion", []string{"tune", "false-alarms", "no-verify"}},
	{"Output", []string{"out", "weights", "calibration-from", "checkpoint", "resume", "eval-every", "metrics", "report", "note"}},
	{"Other", nil},
}

// groupFlags puts headings over a command's flags in its help.
func groupFlags(c *cobra.Command, groups []flagGroup) {
	const heap = "Flags:\n{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}"
	c.InitDefaultHelpFlag()
	var text strings.Builder
	for i, g := range groups {
		set := pflag.NewFlagSet(g.title, pflag.ContinueOnError)
		set.SortFlags = false
		for _, name := range g.flags {
			set.AddFlag(c.Flags().Lookup(name))
		}
		if i == len(groups)-1 {
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if !slices.ContainsFunc(groups, func(g flagGroup) bool { return slices.Contains(g.flags, f.Name) }) {
					set.AddFlag(f)
				}
			})
		}
		text.WriteString(g.title + ":\n" + strings.TrimRight(set.FlagUsages(), "\n") + "\n\n")
	}
	c.SetUsageTemplate(strings.Replace(c.UsageTemplate(), heap, strings.TrimRight(text.String(), "\n"), 1))
}
