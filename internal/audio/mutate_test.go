package audio

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
)

var mutations = flag.Int("mutations", 100, "damaged copies of each file that TestMutations decodes; a tenth of those that take a process each")

// TestMutations decodes files with random damage, thousands in all: what the
// fuzz targets do, in the time a test has. Checksums are made right again, or
// the damage would go no further than them.
func TestMutations(t *testing.T) {
	files := map[string][]byte{"wav": wavFile(formats[1], signal(formats[1])[:500])}
	for _, name := range []string{"s8-8k.flac", "s16-stereo.flac", "mono.ogg", "5.1.ogg", "mono.mp3", "stereo.mp3", "mpeg2.mp3"} {
		files[name] = testdata(t, name)
	}
	rnd := rand.New(rand.NewPCG(7, 9))
	for name, b := range files {
		n := *mutations
		if !strings.HasSuffix(name, "wav") && !strings.HasSuffix(name, "flac") {
			n = (n + 9) / 10
		}
		for range n {
			c := mutate(rnd, b)
			resumAll(c)
			tryDecode(t, c)
			if t.Failed() {
				t.Fatalf("%s: % x …", name, c[:min(len(c), 64)])
			}
		}
	}
}

// mutate damages some bytes, more often near the start, where the headers are,
// and cuts, doubles or drops a stretch.
func mutate(rnd *rand.Rand, b []byte) []byte {
	c := bytes.Clone(b)
	for range 1 + rnd.IntN(6) {
		at := rnd.IntN(len(c))
		if rnd.IntN(2) == 0 {
			at = rnd.IntN(min(len(c), 300))
		}
		switch rnd.IntN(4) {
		case 0:
			c[at] ^= 1 << rnd.IntN(8)
		case 1:
			c[at] = byte(rnd.Uint32())
		case 2:
			c[at] = 255
		case 3:
			c[at] = 0
		}
	}
	from := rnd.IntN(len(c))
	to := min(from+rnd.IntN(200), len(c))
	switch rnd.IntN(8) {
	case 0:
		return c[:from]
	case 1:
		return append(c[:from], c[to:]...)
	case 2:
		return append(c[:to:to], c[from:]...)
	}
	return c
}
