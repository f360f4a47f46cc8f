package api

import (
	"testing"
	"time"

	"earshot/daemon/history/store"
)

// BenchmarkYear prints how long each question takes after a year of a hundred thousand events.
func BenchmarkYear(b *testing.B) {
	labels := []string{"dog", "cat", "siren", "rain", "footsteps"}
	var all []store.Batch
	at := noon.Add(-365 * day)
	for range 100 {
		var batch store.Batch
		for i := range 1000 {
			at = at.Add(365 * day / 100_000)
			batch.Events = append(batch.Events, store.Event{Source: "mic", Label: labels[min(i*i%7, i%50)%5], Title: "Title", Onset: at, End: at.Add(time.Second), PeakAt: at,
				Runners: []store.Score{{Label: "cat", Title: "Cat"}}, Model: "m"})
		}
		for i := range 88 {
			batch.Levels = append(batch.Levels, store.Level{Source: "mic", Minute: at.Truncate(time.Minute).Add(-time.Duration(i) * time.Hour), Mean: -40, Peak: -20})
		}
		all = append(all, batch)
	}
	h := fresh(b, all...)
	for _, path := range []string{"events", "events?label=dog", "events?q=nothing", "labels", "labels?since=30d", "heat", "heat?since=365d", "heat?label=dog&since=365d", "levels?since=365d"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if code, body := get(h, Prefix+path); code != 200 {
					b.Fatal(path, body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms")
		})
	}
}
