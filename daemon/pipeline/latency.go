package pipeline

import (
	"slices"
	"sync"
	"time"
)

// latencies keeps the last few hundred delays, for their quantiles.
type latencies struct {
	mu   sync.Mutex // the reporter writes, any reads
	ring [512]time.Duration
	n    uint64
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	l.ring[l.n%uint64(len(l.ring))] = d
	l.n++
	l.mu.Unlock()
}

// quantile returns the q-quantile (nearest rank) of the last delays, 0 when there are none.
func (l *latencies) quantile(q float64) time.Duration {
	l.mu.Lock()
	sorted := slices.Clone(l.ring[:min(l.n, uint64(len(l.ring)))])
	l.mu.Unlock()
	if len(sorted) == 0 {
		return 0
	}
	slices.Sort(sorted)
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
