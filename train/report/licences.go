package report

import (
	"fmt"
	"sort"
)

// licenceRows sorts the commonest licence first.
func licenceRows(n map[string]int) []Fact {
	var names []string
	for l := range n {
		names = append(names, l)
	}
	sort.Slice(names, func(i, j int) bool {
		if n[names[i]] != n[names[j]] {
			return n[names[i]] > n[names[j]]
		}
		return names[i] < names[j]
	})
	var out []Fact
	for _, l := range names {
		shown := l
		if shown == "" {
			shown = "not stated"
		}
		out = append(out, Fact{shown, fmt.Sprintf("%d clips", n[l])})
	}
	return out
}
