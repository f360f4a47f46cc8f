package learn

import (
	"fmt"
	"io"
	"slices"

	"earshot/daemon/config"
	"earshot/train/metrics"
	"earshot/train/scoring"
)

// quietMinutes of synthetic noise and hum are listened to for false alarms.
const quietMinutes = 60

// alarmOptions are the daemon's default settings.
func alarmOptions(seed uint64) *scoring.AlarmOptions {
	d := config.Default()
	return &scoring.AlarmOptions{Hop: d.Windows.HopFrames, Average: d.Smoothing.Windows, Hold: d.Watch.Hold.Seconds(), Quiet: quietMinutes, Seed: seed}
}

// printAlarms tells how often the daemon would have been right and wrong: for what it watches
// by default one by one, for all labels in sum.
func printAlarms(w io.Writer, a *metrics.Alarms) {
	watched := map[string]bool{}
	for _, l := range config.Default().Watch.Labels {
		watched[l.Label] = true
	}
	all := a.Sum(nil)
	fmt.Fprintf(w, "\nevents, as the daemon tells them by default: %d clips one after another, then %.1f h of noise and hum of many colours and levels\n\n", all.Clips, a.QuietHours)
	fmt.Fprintf(w, "%-20s %6s %6s %13s %14s %9s\n", "label", "clips", "heard", "false alarms", "per 100 clips", "in noise")
	line := func(c metrics.AlarmCount) {
		if c.Clips == 0 && c.False == 0 && c.Quiet == 0 {
			return
		}
		share := 0.0
		if c.Clips > 0 {
			share = 100 * float64(c.Heard) / float64(c.Clips)
		}
		fmt.Fprintf(w, "%-20s %6d %5.0f%% %13d %14.1f %9d\n", c.Label, c.Clips, share, c.False, 100*float64(c.False)/float64(max(1, all.Clips)), c.Quiet)
	}
	rows := slices.Clone(a.Labels)
	slices.SortStableFunc(rows, func(x, y metrics.AlarmCount) int { return y.False - x.False })
	for _, c := range rows {
		if watched[c.Label] {
			line(c)
		}
	}
	sum := a.Sum(func(l string) bool { return watched[l] })
	sum.Label = "watched together"
	line(sum)
	all.Label = "all labels together"
	line(all)
}
