// Package takes finds the sound in a person's recording of it: what is louder than the room. The room around it, which
// is in all recordings of one evening, must not become the sound's name.
//
// It knows samples alone, mono at [Rate]; no network and no files.
package takes

import (
	"math"
	"slices"
)

// Rate of all sound here, Hz.
const Rate = 44100

// Span is a stretch of samples, the second not included.
type Span [2]int

func (s Span) len() int { return s[1] - s[0] }

// Take is what a recording is made of.
type Take struct {
	Samples  int
	Sound    []Span  // ascending; the whole recording where nothing stands out
	Quiet    []Span  // what is left, at some distance from the sound
	Contrast float64 // dB from the room to the loudest moment
	Stands   bool    // the sound stands out; false: it could not be told from the room
	Floor    Spectrum
}

// Lengths and levels. A moment of quiet must be some centimetres of tape away from a sound: reverberation is part of neither.
const (
	hop       = Rate / 100 // 10 ms
	smoothed  = 5          // hops in a level
	join      = 40         // hops of a pause within one sound
	shortest  = 4          // hops
	fainter   = 25.0       // dB below the loudest: beside it no sound of its own
	above     = 5.0        // dB over the room is sound, once it has begun
	begins    = 8.0        // dB over the room begin one
	contrast  = 9.0        // dB from room to loudest; with less nothing stands out
	margin    = 5          // hops that a sound keeps on both sides
	away      = 15         // hops between sound and quiet
	roomShare = 0.15       // the room is this quantile of the levels
	dead      = -95.0      // dBFS; below it is no room but digital silence
)

// Examine finds sound and quiet in a recording.
func Examine(x []float32) Take {
	t := Take{Samples: len(x)}
	levels := levelsOf(x)
	floor, loudest := roomOf(levels)
	t.Contrast = loudest - floor
	t.Stands = t.Contrast >= contrast
	if !t.Stands {
		t.Sound = []Span{{0, len(x)}}
		return t
	}
	spans := standing(levels, floor, loudest)
	for _, s := range spans {
		t.Sound = append(t.Sound, Span{max(0, s[0]-margin) * hop, min(len(x), (s[1]+margin)*hop)})
	}
	t.Sound = joined(t.Sound)
	from := 0
	for _, s := range append(slices.Clone(spans), Span{len(levels) + away, 0}) {
		if to := (s[0] - away) * hop; to > from {
			t.Quiet = append(t.Quiet, Span{from, min(to, len(x))})
		}
		from = (s[1] + away) * hop
	}
	t.Floor = spectrumOf(t.Room(x))
	return t
}

// levelsOf are the levels of hops, dB, smoothed, of what is above rumble: doors far off and wind are no begin of a word.
func levelsOf(x []float32) []float64 {
	const corner = 120.0 // Hz, of one pole
	k := math.Exp(-2 * math.Pi * corner / Rate)
	power := make([]float64, len(x)/hop)
	low := 0.0
	for i := range power {
		for _, v := range x[i*hop : (i+1)*hop] {
			low = k*low + (1-k)*float64(v)
			high := float64(v) - low
			power[i] += high * high / hop
		}
	}
	levels := make([]float64, len(power))
	for i := range levels {
		sum, n := 0.0, 0
		for j := max(0, i-smoothed/2); j < min(len(power), i+smoothed/2+1); j++ {
			sum, n = sum+power[j], n+1
		}
		levels[i] = 10 * math.Log10(sum/float64(n)+1e-15)
	}
	return levels
}

// roomOf is the room's level and the loudest, both dead where there is no sound at all. Digital silence, which editors
// leave, is no room.
func roomOf(levels []float64) (floor, loudest float64) {
	var live []float64
	for _, l := range levels {
		if l > dead {
			live = append(live, l)
		}
	}
	if len(live) == 0 {
		return dead, dead
	}
	slices.Sort(live)
	if len(live) < len(levels)/4 { // a sound that somebody has cut already
		return dead, live[len(live)-1]
	}
	return live[int(roomShare*float64(len(live)))], live[len(live)-1]
}

// standing are the stretches, in hops, that are sound.
func standing(levels []float64, floor, loudest float64) []Span {
	var all []Span
	for i := 0; i < len(levels); i++ {
		if levels[i] < floor+begins {
			continue
		}
		from, to := i, i+1
		for from > 0 && levels[from-1] >= floor+above && (len(all) == 0 || from > all[len(all)-1][1]) {
			from--
		}
		peak := levels[i]
		for to < len(levels) && levels[to] >= floor+above {
			peak = max(peak, levels[to])
			to++
		}
		if n := len(all); n > 0 && from-all[n-1][1] <= join {
			all[n-1][1] = to
		} else if to-from >= shortest && peak >= loudest-fainter {
			all = append(all, Span{from, to})
		}
		i = to
	}
	if len(all) == 0 { // a click
		at := slices.Index(levels, slices.Max(levels))
		all = append(all, Span{max(0, at-shortest), at + shortest})
	}
	return all
}

// joined joins spans that touch.
func joined(spans []Span) []Span {
	out := spans[:1:1]
	for _, s := range spans[1:] {
		if last := &out[len(out)-1]; s[0] <= last[1] {
			last[1] = s[1]
		} else {
			out = append(out, s)
		}
	}
	return out
}

// silence is what stands before and behind a cut sound, in samples: a window may hold it anywhere.
const silence = 6 * Rate / 5

// fade is how a cut begins and ends, in samples.
const fade = Rate / 50

// Cut is the sound alone, in its own time, with digital silence where there was only the room. A recording in which
// nothing stands out stays as it is.
func (t Take) Cut(x []float32) []float32 {
	if !t.Stands {
		return x
	}
	first := t.Sound[0][0]
	y := make([]float32, t.Sound[len(t.Sound)-1][1]-first+2*silence)
	for _, s := range t.Sound {
		into := y[s[0]-first+silence:][:s.len()]
		copy(into, x[s[0]:s[1]])
		fadeEnds(into)
	}
	return y
}

// Room is what there is beside the sound, one piece after the other.
func (t Take) Room(x []float32) []float32 {
	var y []float32
	for _, s := range t.Quiet {
		if s.len() < 4*fade {
			continue
		}
		at := len(y)
		y = append(y, x[s[0]:s[1]]...)
		if len(t.Quiet) > 1 {
			fadeEnds(y[at:])
		}
	}
	return y
}

// fadeEnds lets x come and go without a click.
func fadeEnds(x []float32) {
	n := min(fade, len(x)/2)
	for i := range n {
		g := float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(n)))
		x[i] *= g
		x[len(x)-1-i] *= g
	}
}
