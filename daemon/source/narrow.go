package source

import (
	"strings"

	"earshot/daemon/rules"
)

// needs is up to which frequency, Hz, there must be sound for a label to be heard as well as ever. Of the sounds watched by
// default these are named right less often by the model in the binary after a way through 8 kHz or 16 kHz (up to six
// clips of ESC-50 a label; figures in docs/hostile.md). A label that is not here may suffer too.
var needs = map[string]int{
	"cat": 9000, "crackling_fire": 9000, "glass_breaking": 9000,
	"clock_alarm": 5000, "crying_baby": 5000, "footsteps": 5000,
}

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
