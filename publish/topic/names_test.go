package topic

import (
	"strings"
	"testing"
)

// TestEqualTitles: two microphones that people could not tell apart are refused.
func TestEqualTitles(t *testing.T) {
	for _, c := range []struct {
		sources []Source
		bad     bool
	}{
		{[]Source{{Name: "mic", Title: "Hall"}, {Name: "mic2", Title: "Hall"}}, true},
		{[]Source{{Name: "hall"}, {Name: "mic2", Title: "Hall"}}, true},
		{[]Source{{Name: "mic", Title: "Hall"}, {Name: "mic2", Title: "Kitchen"}}, false},
	} {
		err := CheckSources(c.sources)
		if bad := err != nil && strings.Contains(err.Error(), `would both be shown as "Hall"`); bad != c.bad || !c.bad && err != nil {
			t.Errorf("%+v: %v", c.sources, err)
		}
	}
}
