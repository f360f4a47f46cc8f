package logging

import (
	"sync"
	"time"
)

// Limiter lets one line through per key and interval, and says how many it held back since.
type Limiter struct {
	interval time.Duration
	now      func() time.Time

	mu   sync.Mutex // guards keys
	keys map[string]*limit
}

type limit struct {
	last time.Time
	held int
}

// maxKeys bounds the memory of a limiter; beyond it all is forgotten, which costs a few extra lines.
const maxKeys = 1024

// NewLimiter limits each key to one line per interval.
func NewLimiter(interval time.Duration) *Limiter {
	return &Limiter{interval: interval, now: time.Now, keys: map[string]*limit{}}
}

// Allow tells whether to log now, and how many of this key were held back since the last time.
func (l *Limiter) Allow(key string) (held int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	k := l.keys[key]
	if k == nil {
		if len(l.keys) >= maxKeys {
			clear(l.keys)
		}
		l.keys[key] = &limit{last: now}
		return 0, true
	}
	if now.Sub(k.last) < l.interval {
		k.held++
		return 0, false
	}
	held, k.held, k.last = k.held, 0, now
	return held, true
}
