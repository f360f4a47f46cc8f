package daemon

import (
	"slices"
	"testing"

	"earshot/daemon/status"
)

// TestPace: a source that drops or fails is ill at every look from then on, however slowly its windows come; one that keeps pace is not, nor one
// that began anew.
func TestPace(t *testing.T) {
	const looks = 60 // a second apart
	for name, c := range map[string]struct {
		windowsPerLook, share float64 // of them, dropped or failed
		failed                bool
		want                  string
	}{
		"keeps pace":                     {windowsPerLook: 1.35},
		"drops a third":                  {windowsPerLook: 1.35, share: 0.34, want: "source mic drops windows"},
		"drops a third, ten windows":     {windowsPerLook: 10, share: 0.34, want: "source mic drops windows"},
		"drops a fiftieth":               {windowsPerLook: 10, share: 0.02},
		"all fail, two in three seconds": {windowsPerLook: 0.67, share: 1, failed: true, want: "source mic has windows that fail"},
	} {
		p, at, ill := pace{}, status.Source{Name: "mic"}, 0
		for i := range looks {
			all := c.windowsPerLook * float64(i+1)
			bad := int64(all * c.share)
			at.Windows = int64(all) - bad
			if at.Dropped = bad; c.failed {
				at.Dropped, at.Failed = 0, bad
			}
			if got := p.look(at); len(got) > 0 {
				if ill++; !slices.Equal(got, []string{c.want}) {
					t.Errorf("%s: %q, want %q", name, got, c.want)
				}
			} else if ill > 0 {
				t.Errorf("%s: well again at look %d", name, i)
			}
		}
		if (ill > looks/2) != (c.want != "") {
			t.Errorf("%s: ill at %d of %d looks", name, ill, looks)
		}
		if got := p.look(status.Source{Name: "mic"}); len(got) > 0 {
			t.Errorf("%s: begun anew, and %q", name, got)
		}
	}
}
