package source

import (
	"strings"

	"earshot/daemon/rules"
)

// needs is up to which frequency, Hz, a label's sounds must reach to be heard.
var needs = map[string]int{}

// lessHeard says which of the watched labels are heard less where there is no sound above upTo, Hz.
func lessHeard(upTo int, watched []rules.Label) string {
	var less []string
	for _, l := range watched {
		if upTo < needs[l.ID] {
			less = append(less, l.ID)
		}
	}
	if len(less) == 0 {
		return "sounds that live there are heard less"
	}
	return strings.Join(less, ", ") + " are heard less"
}
