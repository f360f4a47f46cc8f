package topic

import (
	"strings"
	"testing"
)

// TestEntitiesDoNotCollide: a label whose name is that of another's entity is refused.
func TestEntitiesDoNotCollide(t *testing.T) {
	for name, taken := range map[string]bool{"dog_mute": true, "dog_count": true, "dog_threshold": true, "dog_hold": true, "dog_bark": false, "reset": true, "image": true} {
		err := CheckSources([]Source{{Name: "mic", Labels: []Label{{ID: "dog", Watched: true}, {ID: name, Watched: true}}}})
		if (err != nil) != taken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

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
