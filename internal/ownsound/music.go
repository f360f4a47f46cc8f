package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// style is what pieces of one kind have in common. Programs are General MIDI's, from 0.
type style struct {
	name          string
	slow, fast    int   // beats a minute
	meter         int   // beats a bar
	scale         []int // semitones
	chords, bass  []int // programs, one is drawn; none: without
	melody, quick []int // a tune, and arpeggios
	drums         float64
	shortest      int // of the melody's notes, in quarters of a beat
}

var (
	major      = []int{0, 2, 4, 5, 7, 9, 11}
	minor      = []int{0, 2, 3, 5, 7, 8, 10}
	harmonic   = []int{0, 2, 3, 5, 7, 8, 11}
	dorian     = []int{0, 2, 3, 5, 7, 9, 10}
	blues      = []int{0, 3, 5, 6, 7, 10}
	pentatonic = []int{0, 2, 4, 7, 9}
	hirajoshi  = []int{0, 2, 3, 7, 8}
	phrygian   = []int{0, 1, 4, 5, 7, 8, 10}
	whole      = []int{0, 2, 4, 6, 8, 10}
)

var styles = []style{
	{"piano-slow", 50, 80, 4, major, []int{0, 1}, nil, []int{0}, nil, 0, 2},
	{"piano-fast", 110, 170, 4, harmonic, []int{0, 3}, nil, []int{0}, []int{0, 6}, 0, 1},
	{"rock", 100, 150, 4, minor, []int{29, 30}, []int{33, 34}, []int{29, 30, 18}, nil, 1, 1},
	{"metal", 140, 200, 4, phrygian, []int{30}, []int{34}, []int{30}, []int{30}, 1, 1},
	{"pop", 90, 125, 4, major, []int{0, 4, 25}, []int{33, 38}, []int{52, 54, 73}, []int{24}, 0.8, 2},
	{"blues", 70, 120, 4, blues, []int{26, 16}, []int{32, 33}, []int{26, 22, 65}, nil, 0.7, 1},
	{"jazz", 110, 210, 4, dorian, []int{0, 26}, []int{32}, []int{56, 59, 65, 66, 11}, nil, 0.7, 1},
	{"bossa", 100, 140, 4, dorian, []int{24}, []int{32}, []int{73, 65, 24}, nil, 0.5, 2},
	{"funk", 95, 115, 4, blues, []int{28, 16}, []int{36, 37}, []int{61, 7}, []int{28}, 1, 1},
	{"reggae", 70, 95, 4, minor, []int{28, 16}, []int{33}, []int{18, 57}, nil, 0.8, 2},
	{"techno", 120, 145, 4, minor, []int{90, 81}, []int{38, 39}, []int{80, 81, 87}, []int{81}, 1, 1},
	{"ambient", 40, 65, 4, pentatonic, []int{88, 89, 91, 94, 95}, nil, []int{98, 99, 92}, nil, 0, 4},
	{"chiptune", 120, 180, 4, major, []int{80}, []int{38}, []int{80, 81}, []int{80}, 0.6, 1},
	{"strings", 60, 110, 4, harmonic, []int{48, 49}, []int{43, 42}, []int{40, 41, 68}, []int{45, 46}, 0, 2},
	{"orchestra", 70, 140, 4, minor, []int{48, 61}, []int{43, 58}, []int{60, 56, 73, 71, 68}, []int{46, 45}, 0.3, 1},
	{"brass-band", 90, 125, 2, major, []int{61, 57}, []int{58}, []int{56, 60}, nil, 0.8, 1},
	{"waltz", 90, 180, 3, major, []int{48, 21}, []int{43}, []int{40, 73, 21}, nil, 0.2, 1},
	{"polka", 110, 140, 2, major, []int{21}, []int{58}, []int{71, 21}, nil, 0.6, 1},
	{"folk", 90, 130, 4, dorian, []int{25, 105}, []int{32}, []int{40, 72, 110}, []int{25}, 0.2, 1},
	{"bagpipe", 80, 120, 4, dorian, []int{109}, nil, []int{109, 111}, nil, 0.4, 1},
	{"organ", 60, 110, 4, harmonic, []int{19, 20}, []int{19}, []int{19}, []int{19}, 0, 1},
	{"choir", 50, 85, 4, minor, []int{52, 53, 91}, nil, []int{52, 54}, nil, 0, 2},
	{"koto", 60, 110, 4, hirajoshi, nil, nil, []int{107, 77, 106}, []int{107}, 0.2, 1},
	{"sitar", 70, 120, 4, phrygian, []int{104}, nil, []int{104, 68}, []int{104}, 0.4, 1},
	{"gamelan", 60, 120, 4, hirajoshi, []int{11, 14}, nil, []int{12, 13, 112, 108}, []int{9, 13}, 0.2, 1},
	{"music-box", 60, 120, 3, major, nil, nil, []int{10, 9, 8}, []int{10, 46}, 0, 1},
	{"latin", 100, 180, 4, minor, []int{0, 24}, []int{32, 33}, []int{56, 57, 0}, nil, 1, 1},
	{"film", 50, 100, 4, whole, []int{48, 89, 97}, []int{43, 87}, []int{50, 60, 86, 78}, []int{44, 45}, 0.3, 1},
	{"synth-pad", 70, 110, 4, minor, []int{50, 51, 62, 63}, []int{38, 39}, []int{82, 84, 85}, []int{81, 90}, 0.5, 1},
	{"percussion", 80, 160, 4, minor, nil, nil, nil, []int{116, 117, 115, 47}, 1, 1},
}

const (
	perBeat   = 96 // ticks
	drumTrack = 9
	least     = 75.0 // s, a piece
)

// compose draws a piece: a round of chords, over it bass, chords, arpeggios and a tune that walks the scale, and drums of
// which most bars are alike.
func (s style) compose(rng *rand.Rand) *score {
	tempo := s.slow + rng.IntN(s.fast-s.slow+1)
	p := &score{tempo: tempo}
	tonic := 48 + rng.IntN(12)
	round := make([]int, 4+4*rng.IntN(2)) // degrees
	for i := 1; i < len(round); i++ {
		round[i] = rng.IntN(len(s.scale))
	}
	bars := int(least*float64(tempo)/60/float64(s.meter)) + 1
	pattern := drumPattern(s.meter, rng)
	at := 2 + rng.IntN(len(s.scale)) // the tune's degree
	for bar := range bars {
		start, beat := bar*s.meter*perBeat, perBeat
		root := round[bar%len(round)]
		rest := bar%8 == 7 && rng.Float64() < 0.5
		if s.bass != nil && !rest {
			for b := 0; b < s.meter; b += 1 + rng.IntN(2) {
				p.note(0, pick(s.bass, tonic), start+b*beat, beat, s.pitch(tonic-24, root+2*(b%2)*rng.IntN(3)), 80+rng.IntN(30))
			}
		}
		if s.chords != nil {
			for b := 0; b < s.meter; b += s.meter / (1 + rng.IntN(min(s.meter, 2))) {
				for _, third := range []int{0, 2, 4} {
					p.note(1, pick(s.chords, tonic), start+b*beat, s.meter*beat, s.pitch(tonic, root+third), 50+rng.IntN(40))
				}
			}
		}
		if s.quick != nil && bar%16 >= 4 {
			for q := 0; q < 4*s.meter; q += 1 + rng.IntN(2) {
				p.note(2, pick(s.quick, tonic), start+q*beat/4, beat/4, s.pitch(tonic+12, root+2*rng.IntN(4)), 50+rng.IntN(50))
			}
		}
		if s.melody != nil && bar%12 >= 2 {
			for q := 0; q < 4*s.meter; {
				long := s.shortest * (1 + rng.IntN(4))
				at = min(max(at+rng.IntN(5)-2, -3), 12)
				if rng.Float64() < 0.85 {
					p.note(3, pick(s.melody, tonic+bar/16), start+q*beat/4, long*beat/4, s.pitch(tonic+12, at), 70+rng.IntN(50))
				}
				q += long
			}
		}
		if rng.Float64() < s.drums {
			pattern(p, start, rest)
		}
	}
	return p
}

func pick(from []int, i int) int { return from[i%len(from)] }

// pitch is a degree of the scale over base.
func (s style) pitch(base, degree int) int {
	octave := 0
	for degree < 0 {
		degree += len(s.scale)
		octave--
	}
	return min(max(base+12*(octave+degree/len(s.scale))+s.scale[degree%len(s.scale)], 12), 115)
}

// drumPattern draws a bar: bass drum, snare, cymbals, and now and then toms, wood blocks, claps or cowbells.
func drumPattern(meter int, rng *rand.Rand) func(p *score, start int, fill bool) {
	type hit struct{ at, drum, loud int }
	var hits []hit
	extra := []int{37, 39, 45, 50, 54, 56, 60, 62, 64, 70, 75, 76, 77}[rng.IntN(13)]
	for q := range 4 * meter {
		for _, d := range []struct {
			drum int
			on   float64
		}{{36, map[bool]float64{true: 0.85, false: 0.15}[q%8 == 0]}, {38, map[bool]float64{true: 0.8, false: 0.06}[q%8 == 4]}, {42, 0.6}, {46, 0.05}, {extra, 0.12}} {
			if rng.Float64() < d.on {
				hits = append(hits, hit{q * perBeat / 4, d.drum, 60 + rng.IntN(60)})
			}
		}
	}
	return func(p *score, start int, fill bool) {
		for _, h := range hits {
			p.note(drumTrack, 0, start+h.at, perBeat/4, h.drum, h.loud)
		}
		for q := 0; fill && q < 8; q++ {
			p.note(drumTrack, 0, start+(meter-2)*perBeat+q*perBeat/4, perBeat/4, []int{38, 45, 47, 50}[rng.IntN(4)], 90)
		}
	}
}

// play has fluidsynth play a score, drums drawn from one of the font's kits, and sox bring it to an even level.
func play(ctx context.Context, font string, p *score, out string) error {
	dir, err := os.MkdirTemp("", "ownsound")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	midi, wav := filepath.Join(dir, "piece.mid"), filepath.Join(dir, "piece.wav")
	if err := os.WriteFile(midi, p.midi(), 0o600); err != nil {
		return err
	}
	if err := command(ctx, "fluidsynth", "-ni", "-q", "-r", "44100", "-g", "0.7", "-F", wav, font, midi); err != nil {
		return err
	}
	return command(ctx, "sox", wav, "-c", "1", "-b", "16", out, "norm", "-3")
}
