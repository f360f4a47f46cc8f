package gammatone

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// defaultFingerprint is spelled out: a change to it makes every trained model refuse.
const defaultFingerprint = `{"b":24.7,"bands":128,"centred":false,"delta_width":9,"floor":1e-10,"fmax_hz":22050,"fmin_hz":50,` +
	`"frame_samples":1024,"hop_samples":512,"log":"10*log10(max(E,floor))","power":"W^2","q":9.26449,"sample_rate":44100,` +
	`"version":1,"width":1,"window":"hamming_periodic_0.54_0.46","window_frames":128}`

func TestFingerprint(t *testing.T) {
	if got := Default().Fingerprint(); got != defaultFingerprint {
		t.Errorf("got\n%s\nwant\n%s", got, defaultFingerprint)
	}
	for _, c := range []Config{Default(), small()} {
		got, err := ParseFingerprint(c.Fingerprint())
		if err != nil || got != c {
			t.Errorf("round trip of %+v: %+v, %v", c, got, err)
		}
	}
}

// TestFingerprintIsCanonical: any JSON library that sorts keys gives the same text back.
func TestFingerprintIsCanonical(t *testing.T) {
	var m map[string]any
	if err := json.Unmarshal([]byte(defaultFingerprint), &m); err != nil {
		t.Fatal(err)
	}
	if keys := fingerprintKeys(); !slices.IsSorted(keys) || !slices.Equal(keys, slices.Sorted(maps.Keys(m))) {
		t.Errorf("keys %v are not those of the text in order", keys)
	}
	loose, err := json.MarshalIndent(m, " ", "\t")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseFingerprint(string(loose))
	if err != nil || c.Fingerprint() != defaultFingerprint {
		t.Errorf("re-spelled: %v, %v", c, err)
	}
}

// TestFingerprintTellsEverything: every number of Config is in it.
func TestFingerprintTellsEverything(t *testing.T) {
	seen := map[string]int{defaultFingerprint: -1}
	for i, change := range []func(*Config){
		func(c *Config) { c.SampleRate++ }, func(c *Config) { c.FrameSamples += 2 },
		func(c *Config) { c.HopSamples++ }, func(c *Config) { c.Bands++ },
		func(c *Config) { c.WindowFrames++ }, func(c *Config) { c.DeltaWidth += 2 },
		func(c *Config) { c.FMinHz += 1e-9 }, func(c *Config) { c.FMaxHz -= 1e-9 },
		func(c *Config) { c.Width += 1e-12 }, func(c *Config) { c.Floor *= 1.5 },
	} {
		c := Default()
		change(&c)
		f := c.Fingerprint()
		if other, ok := seen[f]; ok {
			t.Errorf("change %d has the fingerprint of %d", i, other)
		}
		seen[f] = i
	}
}

func TestParseFingerprintErrors(t *testing.T) {
	edit := func(old, new string) string { return strings.Replace(defaultFingerprint, old, new, 1) }
	for _, g := range []struct{ text, want string }{
		{"", "not a JSON object"},
		{"[]", "not a JSON object"},
		{"null", `lacks "b"`},
		{defaultFingerprint + "}", "not a JSON object"},
		{edit(`"bands":128,`, ""), `lacks "bands"`},
		{edit(`"centred":false,`, ""), `lacks "centred"`},
		{edit(`"bands"`, `"hands"`), `unknown field "hands"`},
		{edit(`"bands":128`, `"bands":"many"`), "cannot unmarshal string"},
		{edit("W^2", "W"), "another front end"},
		{edit("hamming_periodic", "hann"), "another front end"},
		{edit("24.7", "24.8"), "another front end"},
		{edit(`"version":1`, `"version":2`), "another front end"},
		{edit(`"bands":128`, `"bands":0`), "bands is 0, want 1 to 1024"},
		{edit(`"bands":128`, `"bands":1000000000`), "want 1 to 1024"},
		{edit(`"floor":1e-10`, `"floor":0`), "floor is 0, want from 1e-30 to 1"},
		{edit(`"fmax_hz":22050`, `"fmax_hz":30000`), "at most half the sample rate"},
		{edit(`"delta_width":9`, `"delta_width":8`), "an odd number of frames"},
		{edit(`"frame_samples":1024`, `"frame_samples":1023`), "an even number"},
		{edit(`"window_frames":128`, `"window_frames":8`), "at least the delta's width"},
		{edit(`"hop_samples":512`, `"hop_samples":0`), "1 sample to one frame"},
	} {
		_, err := ParseFingerprint(g.text)
		if err == nil || !strings.Contains(err.Error(), g.want) {
			t.Errorf("%s\ngives %v\nwant … %s …", g.text, err, g.want)
		}
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add(defaultFingerprint)
	f.Add(small().Fingerprint())
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseFingerprint(s)
		if err != nil {
			return
		}
		if again, err := ParseFingerprint(c.Fingerprint()); err != nil || again != c {
			t.Errorf("%+v comes back as %+v, %v", c, again, err)
		}
	})
}
