// Package fairtime tells a hang from a machine that is too busy: it measures how long the threads of this process wait
// for a processor, which is time in which nothing can be expected of them.
package fairtime

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Starvation measures by the kernel's own count (/proc/self/task/*/schedstat: time on a processor, time waiting for
// one, both in ns, and turns). The zero value is ready; it is not safe for concurrent use.
type Starvation struct {
	waited map[string]time.Duration // by thread, as of the last look
}

// Since returns the longest that one thread has waited since the last call, at first since the process began; 0 where
// the kernel does not say.
func (s *Starvation) Since() time.Duration {
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
