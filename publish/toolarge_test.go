package publish

import (
	"strings"
	"testing"
	"time"
)

// TestDiscoveryTooLarge: a broker that does not take a message for its length is not said to have the wrong access
// rules; the length is told, and what helps.
func TestDiscoveryTooLarge(t *testing.T) {
	for _, limit := range []string{"message_size_limit 6000", "max_packet_size 6000"} {
		m := newMosquitto(t, "allow_anonymous true", limit)
		c := testConfig(m.URL())
		for range 12 { // more than fits
			l := c.Sources[0].Labels[0]
			l.ID += strings.Repeat("x", len(c.Sources[0].Labels))
			c.Sources[0].Labels = append(c.Sources[0].Labels, l)
		}
		c.Timing.SelfCheck = time.Second
		r := run(t, c)
		eventually(t, limit+": the length is told", func() bool {
			why := r.Health().Reason
			return strings.Contains(why, "homeassistant/device/earshot_n1_mic/config, of ") && strings.Contains(why, "max_packet_size")
		})
		if why := r.Health().Reason; strings.Contains(why, "access rules") {
			t.Errorf("%s: %s", limit, why)
		}
		r.stop(t)
	}
}
