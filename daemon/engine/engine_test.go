package engine

import (
	"errors"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/internal/test/testmodel"
)

// TestLoad: what the network cannot take or this program cannot compute is refused; another hop is not.
func TestLoad(t *testing.T) {
	with := func(change func(*gammatone.Config)) func() []byte {
		front := gammatone.Default()
		change(&front)
		m := testmodel.New("dog", "background")
		m.Metadata["front_end"] = front.Fingerprint()
		return m.Bytes
	}
	for _, c := range []struct {
		name   string
		change func(*gammatone.Config)
		want   string // part of the error; "" = taken
	}{
		{"the default", func(*gammatone.Config) {}, ""},
		{"another hop", func(c *gammatone.Config) { c.HopSamples = 256 }, ""},
		{"other bands", func(c *gammatone.Config) { c.Bands, c.WindowFrames = 64, 256 }, "bands is 64, want 128"},
	} {
		_, front, err := Load("", with(c.change))
		if c.want == "" {
			if want := gammatone.Default(); err != nil || front.Bands != want.Bands {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if !errors.As(err, new(Error)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}
