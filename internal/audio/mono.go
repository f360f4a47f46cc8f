package audio

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Channel says what to make of several channels: their mean (Mix), or one of
// them, counted from 0.
type Channel int

// Mix is the mean of all channels.
const Mix Channel = -1

// MonoReader is a stream of mono samples at one rate. Read returns n > 0 with a
// nil error, or 0 with an error as Reader does.
type MonoReader interface {
	Rate() int // Hz
	Read(dst []float32) (n int, err error)
	Notes() []string // as Reader's
	Close() error
}

// Mono mixes (see Mixer) or picks r's channels and resamples them to rate, Hz, streaming.
// Closing it closes r. It fails when r has no such channel.
func Mono(r Reader, rate int, ch Channel) (MonoReader, error) {
	if ch < Mix || int(ch) >= r.Channels() {
		return nil, fmt.Errorf("audio: channel %d of %d; want 0 to %d, or %d for the mean of all", ch, r.Channels(), r.Channels()-1, Mix)
	}
	m := &mono{r: r, rate: rate, mix: NewMixer(r.Channels(), ch), in: make([]float32, 4096/r.Channels()*r.Channels())}
	if r.Rate() != rate {
		rs, err := NewResampler(r.Rate(), rate)
		if err != nil {
			return nil, err
		}
		m.rs = rs
	}
	return m, nil
}

type mono struct {
	r    Reader
	rate int
	mix  *Mixer
	read int64      // frames
	rs   *Resampler // nil: same rate
	in   []float32  // interleaved, scratch
	out  []float32  // ready and not yet read
	err  error
}

func (m *mono) Rate() int    { return m.rate }
func (m *mono) Close() error { return m.r.Close() }

// Notes adds to the file's what mixing met.
func (m *mono) Notes() []string {
	all := m.r.Notes()
	if c := m.mix.Cancelled(); c > int64(m.r.Rate())/10 {
		all = append(all[:len(all):len(all)], fmt.Sprintf(
			"its two channels cancel each other (one is inverted) for %.1f of %.1f s: the first was taken instead of their mean",
			float64(c)/float64(m.r.Rate()), float64(m.read)/float64(m.r.Rate())))
	}
	return all
}

func (m *mono) Read(dst []float32) (int, error) {
	if len(dst) == 0 {
		panic("audio: Read into an empty buffer")
	}
	for len(m.out) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		n, err := m.r.Read(m.in)
		if err != nil {
			m.err = err
			if err == io.EOF && m.rs != nil {
				m.out = m.rs.Flush()
			}
			continue
		}
		x := m.in[:n/m.r.Channels()]
		m.mix.Mix(x, m.in[:n])
		m.read += int64(len(x))
		m.out = x
		if m.rs != nil {
			m.out = m.rs.Process(x)
		}
	}
	n := copy(dst, m.out)
	m.out = m.out[n:]
	return n, nil
}

// Downmix writes to dst (frames) the mean of the channels of x (frames ×
// channels, interleaved), or one of them. dst may be the start of x.
func Downmix(dst, x []float32, channels int, ch Channel) {
	frames := len(x) / channels
	if channels == 1 {
		copy(dst, x[:frames])
		return
	}
	if ch != Mix {
		for t := range frames {
			dst[t] = x[t*channels+int(ch)]
		}
		return
	}
	scale := 1 / float32(channels)
	for t := range frames {
		var sum float32
		for _, v := range x[t*channels : (t+1)*channels] {
			sum += v
		}
		dst[t] = sum * scale
	}
}

// MaxWhole is the longest sound that ReadMono takes into memory: an hour, 635 MB
// at 44.1 kHz. (A FLAC file of a few hundred bytes can hold more.)
const MaxWhole = time.Hour

// ReadMono reads the whole file at path as the mean of its channels at rate,
// Hz. At the file's own rate its samples are exactly the decoded ones. A file
// longer than MaxWhole is an error, and one for Open and Mono.
func ReadMono(path string, rate int) ([]float32, error) {
	x, _, err := ReadMonoNotes(path, rate)
	return x, err
}

// ReadMonoNotes is ReadMono, with what was wrong with the file and was mended.
func ReadMonoNotes(path string, rate int) ([]float32, []string, error) {
	r, err := Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	m, err := Mono(r, rate, Mix)
	if err != nil {
		return nil, nil, err
	}
	x, err := readAll(m, int(MaxWhole/time.Second)*rate)
	if err == errTooLong {
		return nil, nil, &Error{Path: path, Kind: err, Want: "at most " + MaxWhole.String() + " at a time"}
	}
	return x, m.Notes(), err
}

var errTooLong = errors.New("too long to be read whole")

// ReadAll reads r to its end; an error other than io.EOF loses what was read.
func ReadAll(r MonoReader) ([]float32, error) { return readAll(r, math.MaxInt) }

func readAll(r MonoReader, limit int) ([]float32, error) {
	x := make([]float32, 0, 1<<18)
	for {
		if len(x) == cap(x) {
			x = append(x, 0)[:len(x)]
		}
		n, err := r.Read(x[len(x):cap(x)])
		x = x[:len(x)+n]
		if err == io.EOF {
			return x, nil
		}
		if err != nil {
			return nil, err
		}
		if len(x) > limit {
			return nil, errTooLong
		}
	}
}
