package publish

import "sync"

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
