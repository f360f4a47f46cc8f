package scene

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"

	"earshot/internal/audio"
)

// bed is the background: files one after another in an order drawn from the
// seed, over and over, each brought to the same level; without files a room's hush.
type bed struct {
	files  []string
	level  float64 // dBFS
	rng    *rand.Rand
	played []string // base names

	order []int
	next  int
	r     audio.MonoReader
	gain  float32
	empty int // files in a row without a sample
	low   float64
}

func newBed(files []string, level float64, seed uint64) *bed {
	return &bed{files: files, level: level, rng: rand.New(rand.NewPCG(seed, 0xbed))}
}

func (b *bed) close() {
	if b.r != nil {
		b.r.Close()
	}
}

// read fills x.
func (b *bed) read(x []float32) error {
	if len(b.files) == 0 {
		b.hush(x)
		return nil
	}
	for len(x) > 0 {
		if b.r == nil {
			if err := b.open(); err != nil {
				return err
			}
		}
		n, err := b.r.Read(x)
		for i := range x[:n] {
			x[i] *= b.gain
		}
		x = x[n:]
		if n > 0 {
			b.empty = 0
		}
		if errors.Is(err, io.EOF) {
			b.r.Close()
			b.r = nil
			if b.empty++; b.empty > len(b.files) {
				return fmt.Errorf("background: %d files without a single sample", len(b.files))
			}
		} else if err != nil {
			return fmt.Errorf("background: %w", err)
		}
	}
	return nil
}

// open begins the next file.
func (b *bed) open() error {
	if b.next == len(b.order) {
		b.order, b.next = b.rng.Perm(len(b.files)), 0
	}
	path := b.files[b.order[b.next]]
	b.next++
	rms, err := loudness(path)
	if err != nil {
		return fmt.Errorf("background: %w", err)
	}
	b.gain = 1
	if rms > 0 {
		b.gain = float32(min(maxGain, math.Pow(10, b.level/20)/rms))
	}
	if b.r, err = open(path); err != nil {
		return fmt.Errorf("background: %w", err)
	}
	if len(b.played) < maxPlayed {
		b.played = append(b.played, filepath.Base(path))
	}
	return nil
}

const (
	maxGain   = 1000  // so that a file of nearly nothing does not become a storm
	maxPlayed = 10000 // names that are noted
)

// hush is noise that falls towards high frequencies (one pole at 210 Hz), over a little white.
func (b *bed) hush(x []float32) {
	scale := math.Pow(10, b.level/20) * 7.4 // white noise of 1 leaves the pole with 0.124, and 0.05 is beside it
	for i := range x {
		w := b.rng.NormFloat64()
		b.low += 0.03 * (w - b.low)
		x[i] = float32(scale * (b.low + 0.05*b.rng.NormFloat64()))
	}
}

func open(path string) (audio.MonoReader, error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := audio.Mono(r, Rate, audio.Mix)
	if err != nil {
		r.Close()
		return nil, err
	}
	return m, nil
}

// loudness is a file's root mean square. It reads all of it.
func loudness(path string) (float64, error) {
	r, err := open(path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	sum, n := 0.0, 0
	x := make([]float32, 8192)
	for {
		k, err := r.Read(x)
		sum += energy(x[:k])
		n += k
		if errors.Is(err, io.EOF) {
			return math.Sqrt(sum / float64(max(1, n))), nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// energy is the sum of squares.
func energy(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}
