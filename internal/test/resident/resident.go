// Package resident tells how much memory the test's own process takes.
package resident

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// MB is the process's resident memory, in units of 2²⁰ bytes.
func MB(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
