package scene

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/train/dataset"
)

// mixer makes a scene's sound, piece by piece.
type mixer struct {
	o      Options
	bed    *bed
	band   channel
	deck   *deck
	slot   float64 // s
	begun  int     // slots dealt with
	count  int
	events []Event

	at             int64     // of ground[0]
	ground, sounds []float32 // background and events from at on, as far as they are known
	ready          []float32 // gone through the band, not yet asked for
}

func newMixer(o Options) (*mixer, error) {
	band, err := newChannel(o.Band)
	if err != nil {
		return nil, err
	}
	m := &mixer{o: o, bed: newBed(o.Background, o.Level, o.Seed), band: band, count: o.events()}
	if m.count > 0 {
		m.slot = o.Minutes * 60 / float64(m.count)
		m.deck = newDeck(o.Clips, len(o.Labels), o.Seed)
	}
	return m, nil
}

// block is how much is made at a time, samples.
const block = 4096

// fill makes the next len(x) samples.
func (m *mixer) fill(x []float32) error {
	for len(m.ready) < len(x) {
		y, err := m.step()
		if err != nil {
			return err
		}
		m.ready = append(m.ready, m.band.process(y)...)
	}
	copy(x, m.ready)
	m.ready = append(m.ready[:0], m.ready[len(x):]...)
	return nil
}

// step makes the next block, before the band.
func (m *mixer) step() ([]float32, error) {
	for m.begun < m.count && m.at+block > int64(float64(m.begun)*m.slot*Rate) {
		if err := m.place(m.begun); err != nil {
			return nil, err
		}
		m.begun++
	}
	if err := m.reach(block); err != nil {
		return nil, err
	}
	y := make([]float32, block)
	for i := range y {
		y[i] = m.ground[i] + m.sounds[i]
	}
	m.ground = append(m.ground[:0], m.ground[block:]...)
	m.sounds = append(m.sounds[:0], m.sounds[block:]...)
	m.at += block
	return y, nil
}

// reach has n samples of background at hand.
func (m *mixer) reach(n int) error {
	if have := len(m.ground); have < n {
		m.ground = slices.Grow(m.ground, n-have)[:n]
		if err := m.bed.read(m.ground[have:]); err != nil {
			return err
		}
	}
	for len(m.sounds) < len(m.ground) {
		m.sounds = append(m.sounds, 0)
	}
	return nil
}

const (
	faintest = 1e-7 // power of the least background that an SNR is taken over: −70 dBFS
	peakMost = 0.9  // of an event, full scale
)

// place adds slot i's event to the sounds.
func (m *mixer) place(i int) error {
	rng := rand.New(rand.NewPCG(m.o.Seed, 0xe4e47<<20+uint64(i)))
	clip := m.deck.draw()
	x, err := readClip(clip.Path)
	if err != nil {
		return fmt.Errorf("clip of %s: %w", m.o.Labels[clip.Label], err)
	}
	x = slices.Clone(x)
	fade(x)
	e := Event{Label: m.o.Labels[clip.Label], Clip: clip.Name, SNR: m.o.SNR[0] + (m.o.SNR[1]-m.o.SNR[0])*rng.Float64()}
	length := float64(len(x)) / Rate
	begin := float64(i)*m.slot + rng.Float64()*max(0, m.slot-length)
	begin = max(0, min(begin, m.o.Minutes*60-length))
	onset := max(m.at, int64(begin*Rate)) // a clip longer than its slot may want to begin in what is gone
	e.Onset, e.Offset = float64(onset)/Rate, float64(onset+int64(len(x)))/Rate
	if m.o.Distance {
		e.Distance = even(rng, nearest, farthest)
		dull(x, e.Distance)
		e.SNR -= 20 * math.Log10(e.Distance)
	}
	from := int(onset - m.at)
	if err := m.reach(from + len(x)); err != nil {
		return err
	}
	n := float64(len(x))
	under := max(faintest, energy(m.ground[from:from+len(x)])/n)
	gain := math.Sqrt(under * math.Pow(10, e.SNR/10) / max(1e-20, energy(x)/n))
	if loudest := peak(x); gain*loudest > peakMost {
		e.SNR += 20 * math.Log10(peakMost/(gain*loudest))
		gain = peakMost / loudest
	}
	if m.o.Reverb {
		e.Reverb = even(rng, roomShortest, roomLongest)
		e.Direct = directLeast + (directMost-directLeast)*rng.Float64()
		if m.o.Distance {
			e.Direct = max(directLeast, directMost-20*math.Log10(e.Distance))
		}
		x = convolve(x, room(e.Reverb, e.Direct, rng))
		if err := m.reach(from + len(x)); err != nil {
			return err
		}
	}
	for j, v := range x {
		m.sounds[from+j] += float32(gain) * v
	}
	e.SNR = math.Round(100*e.SNR) / 100
	m.events = append(m.events, e)
	return nil
}

// even draws evenly on a logarithmic scale.
func even(rng *rand.Rand, from, to float64) float64 {
	return from * math.Pow(to/from, rng.Float64())
}

func peak(x []float32) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

// deck deals clips: the labels in turn, in an order of each round's own, and of a
// label every clip before any comes again.
type deck struct {
	rng   *rand.Rand
	clips [][]dataset.Clip // by label
	left  [][]dataset.Clip
	round []int
}

func newDeck(clips []dataset.Clip, labels int, seed uint64) *deck {
	d := &deck{rng: rand.New(rand.NewPCG(seed, 0xdec)), clips: make([][]dataset.Clip, labels), left: make([][]dataset.Clip, labels)}
	for _, c := range clips {
		d.clips[c.Label] = append(d.clips[c.Label], c)
	}
	return d
}

func (d *deck) draw() dataset.Clip {
	if len(d.round) == 0 {
		for l := range d.clips {
			if len(d.clips[l]) > 0 {
				d.round = append(d.round, l)
			}
		}
		d.rng.Shuffle(len(d.round), func(i, j int) { d.round[i], d.round[j] = d.round[j], d.round[i] })
	}
	l := d.round[0]
	d.round = d.round[1:]
	if len(d.left[l]) == 0 {
		d.left[l] = slices.Clone(d.clips[l])
		d.rng.Shuffle(len(d.left[l]), func(i, j int) { d.left[l][i], d.left[l][j] = d.left[l][j], d.left[l][i] })
	}
	c := d.left[l][0]
	d.left[l] = d.left[l][1:]
	return c
}
