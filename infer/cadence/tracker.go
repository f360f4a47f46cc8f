package cadence

import "math"

// How a tone is told from other sound.
const (
	prominence = 12.0 // dB, the loudest band over those around it
	near, far  = 8, 16
	quietest   = 1e-7 // energy of a band, below which nothing is a tone
	below      = 8.0  // dB under the loudest beep of late: an echo of it, no beep
	forget     = 3.0  // dB a second, how fast that loudest is forgotten
	samePitch  = 2    // bands by which a tone may waver
	bridged    = 0.03 // s, a hole in a beep that is none
)

// tracker follows the strongest tone within a range of bands.
type tracker struct {
	first, last int     // bands
	loudest     float64 // dB, of late
	on          bool
	band        int
	began, seen float64 // s, of the beep that is on: its first and its newest frame
	beeps       beeps
}

// beeps are the newest that are over, oldest first.
type beeps struct {
	n    int
	list [kept]beep
}

type beep struct {
	at, length float64 // s
	band       int
}

const kept = 8

func (b *beeps) add(x beep) {
	if b.n == kept {
		copy(b.list[:], b.list[1:])
		b.n--
	}
	b.list[b.n] = x
	b.n++
}

// frame takes a frame that ends at s and tells whether a beep has just ended.
func (t *tracker) frame(at, step float64, energies []float32) bool {
	t.loudest -= forget * step
	band, level, tone := t.tone(energies)
	if tone {
		t.loudest = math.Max(t.loudest, level)
		tone = level > t.loudest-below
	}
	if tone && t.on && abs(band-t.band) > samePitch {
		t.end()
		t.start(at, band)
		return true
	}
	switch {
	case tone && !t.on:
		t.start(at, band)
	case tone:
		t.seen = at
	case t.on && at-t.seen > bridged:
		t.end()
		return true
	}
	return false
}

func (t *tracker) start(at float64, band int) { t.on, t.band, t.began, t.seen = true, band, at, at }

func (t *tracker) end() {
	t.on = false
	t.beeps.add(beep{t.began, t.seen - t.began, t.band})
}

// tone is the loudest band, its level in dB, and whether it stands out.
func (t *tracker) tone(e []float32) (band int, level float64, stands bool) {
	band = t.first
	for k := t.first; k <= t.last; k++ {
		if e[k] > e[band] {
			band = k
		}
	}
	if e[band] < quietest {
		return band, 0, false
	}
	sum, n := 0.0, 0
	for d := near; d <= far; d++ {
		for _, k := range [2]int{band - d, band + d} {
			if k >= 0 && k < len(e) {
				sum += float64(e[k])
				n++
			}
		}
	}
	level = 10 * math.Log10(float64(e[band]))
	around := 10 * math.Log10(sum/float64(max(1, n))+quietest/100)
	return band, level, level-around > prominence
}

func abs(x int) int { return max(x, -x) }
