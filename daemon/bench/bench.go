// Package bench measures what earshot costs on this machine: front end, network, whole pipeline, latency, and one
// live stream. Ratios are taken within one run, so that a busy machine spoils them least.
package bench

import (
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"earshot/gammatone"

	"golang.org/x/sys/unix"
)

// rate is that of the front end, Hz.
var rate = gammatone.Default().SampleRate

// Row is one figure.
type Row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Aim   string  `json:"aim,omitempty"` // what the project wants of it, such as "≥ 500"
	Note  string  `json:"note,omitempty"`
}

// Print writes rows as a table.
func Print(w io.Writer, title string, rows []Row) {
	fmt.Fprintf(w, "\n%s\n", title)
	for _, r := range rows {
		line := fmt.Sprintf("  %-44s %10s %-14s", r.Name, number(r.Value), r.Unit)
		if r.Aim != "" {
			line += " (aim " + r.Aim + ")"
		}
		if r.Note != "" {
			line += "  " + r.Note
		}
		fmt.Fprintln(w, line)
	}
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// rounds of each measurement; the median counts.
const rounds = 7

// compare times several functions in turn, round after round, so that what disturbs one disturbs all, and returns
// the median time of one call of each.
func compare(clock clock, budget time.Duration, fs ...func()) []time.Duration {
	each := budget / time.Duration(rounds*len(fs))
	times := make([][]time.Duration, len(fs))
	for range rounds {
		for i, f := range fs {
			times[i] = append(times[i], perCall(clock, each, f))
		}
	}
	medians := make([]time.Duration, len(fs))
	for i := range times {
		slices.Sort(times[i])
		medians[i] = times[i][rounds/2]
	}
	return medians
}

// clock is what a measurement counts by.
type clock func() time.Duration

// wallClock counts all the time that passes.
func wallClock() time.Duration { return time.Since(epoch) }

var epoch = time.Now()

// threadClock counts the time that this thread computes: what other programs do meanwhile does not count. It is for
// work on one locked thread.
func threadClock() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // cannot fail for this clock
	return time.Duration(t.Nano())
}

// perCall runs f for about the time given, at least twice, and returns the mean time of a call.
func perCall(now clock, about time.Duration, f func()) time.Duration {
	f()
	calls := 0
	began := now()
	for batch := 1; ; batch *= 2 {
		for range batch {
			f()
		}
		calls += batch
		if spent := now() - began; spent >= about {
			return spent / time.Duration(calls)
		}
	}
}

// processorTime is what this process has used so far, of all its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for ourselves
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// quantile is the nearest rank of sorted durations.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }
