// Package latest keeps the last few hundred durations of something, for their quantiles.
package latest

import (
	"slices"
	"sync"
	"time"
)

// Bounds are the upper ends of a histogram's buckets; one more has no end.
var Bounds = [...]time.Duration{2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond}

// Histogram counts all durations since the beginning.
type Histogram struct {
	Counts [len(Bounds)]uint64 // that were at most Bounds[i]
	Count  uint64
	Sum    time.Duration
}

// Durations keeps the last 512, and counts all. The zero value is empty; any goroutine may use it.
type Durations struct {
	mu   sync.Mutex // guards the rest
	ring [512]time.Duration
	all  Histogram
}

// Add puts one in the place of the oldest.
func (l *Durations) Add(d time.Duration) {
	l.mu.Lock()
	l.ring[l.all.Count%uint64(len(l.ring))] = d
	l.all.Count++
	l.all.Sum += d
	for i, bound := range Bounds {
		if d <= bound {
			l.all.Counts[i]++
		}
	}
	l.mu.Unlock()
}

// Histogram returns the counts so far.
func (l *Durations) Histogram() Histogram {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// Quantile returns the q-quantile (nearest rank) of those kept, 0 when there are none.
func (l *Durations) Quantile(q float64) time.Duration {
	l.mu.Lock()
	sorted := slices.Clone(l.ring[:min(l.all.Count, uint64(len(l.ring)))])
	l.mu.Unlock()
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
