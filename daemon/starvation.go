package daemon

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// starvation measures how long the threads of this process wait for a processor, by the kernel's own count
// (/proc/self/task/*/schedstat: time on a processor, time waiting for one, both in ns, and turns).
type starvation struct {
	waited map[string]time.Duration // by thread, as of the last look
}

// since returns the longest that one thread has waited since the last call; 0 where the kernel does not say.
func (s *starvation) since() time.Duration {
	before := s.waited
	s.waited = map[string]time.Duration{}
	var longest time.Duration
	files, _ := filepath.Glob("/proc/self/task/*/schedstat") // fails on a bad pattern only
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		fields := strings.Fields(string(text))
		if len(fields) < 2 {
			continue
		}
		ns, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		s.waited[path] = time.Duration(ns)
		longest = max(longest, time.Duration(ns)-before[path])
	}
	return longest
}
