package publish

import (
	"sync"
	"time"
)

// spoken records what OnStatus was told.
type spoken struct {
	mu  sync.Mutex
	all []Status
}

func statuses(c *Config) *spoken {
	s := &spoken{}
	c.OnStatus = func(x Status) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = append(s.all, x)
	}
	return s
}

func (s *spoken) errors() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.all {
		if x.Err != nil {
			out = append(out, x.Err.Error())
		}
	}
	return out
}

// fakeClock is a wall clock that a test sets.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time    { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *fakeClock) set(now time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.now = now }
