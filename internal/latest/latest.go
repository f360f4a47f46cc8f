// Package latest keeps the last few hundred durations of something, for their quantiles.
package latest

import (
	"slices"
	"sync"
	"time"
)

// Durations keeps the last 512. The zero value is empty; any goroutine may use it.
type Durations struct {
	mu   sync.Mutex // guards the rest
	ring [512]time.Duration
	n    uint64
}

// Add puts one in the place of the oldest.
func (l *Durations) Add(d time.Duration) {
	l.mu.Lock()
	l.ring[l.n%uint64(len(l.ring))] = d
	l.n++
	l.mu.Unlock()
}

// Quantile returns the q-quantile (nearest rank) of those kept, 0 when there are none.
func (l *Durations) Quantile(q float64) time.Duration {
	l.mu.Lock()
	sorted := slices.Clone(l.ring[:min(l.n, uint64(len(l.ring)))])
	l.mu.Unlock()
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
