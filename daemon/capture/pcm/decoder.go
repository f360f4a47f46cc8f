// Package pcm reads raw interleaved samples from a file descriptor, for the sources that
// get such a stream: standard input and a program's output.
package pcm

import (
	"encoding/binary"
	"fmt"
	"math"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/internal/audio"
)

// Sample formats of raw PCM, as ffmpeg and arecord name them.
const (
	S16LE = "s16le"
	F32LE = "f32le"
)

// byConfiguration and byHeader say who gave a layout.
const (
	byConfiguration = "the configuration"
	byHeader        = "its header"
)

// Layout describes raw interleaved samples in a byte stream.
type Layout struct {
	Format   string // S16LE or F32LE
	Rate     int    // Hz
	Channels int    // interleaved
	Channel  int    // 1-based channel to pick; 0 = mean of all channels
}

// LayoutOf is the stream that c configures.
func LayoutOf(c config.Source, common capture.Common) Layout {
	return Layout{
		Format:   config.Or(c.Format, config.DefaultFormat),
		Rate:     config.Or(c.Rate, common.Rate),
		Channels: config.Or(c.Channels, 1),
		Channel:  common.Channel,
	}
}

func (p Layout) String() string {
	return fmt.Sprintf("%s, %d Hz, channels: %d", p.Format, p.Rate, p.Channels)
}

// Check says what is wrong with p, and what would be right.
func (p Layout) Check() error {
	switch {
	case p.Format != S16LE && p.Format != F32LE:
		return fmt.Errorf("pcm format %q: want %s or %s", p.Format, S16LE, F32LE)
	case p.Rate < audio.MinRate || p.Rate > audio.MaxRate:
		return fmt.Errorf("pcm rate %d Hz: want %d to %d", p.Rate, audio.MinRate, audio.MaxRate)
	case p.Channels < 1 || p.Channels > audio.MaxChannels:
		return fmt.Errorf("pcm channels %d: want 1 to %d", p.Channels, audio.MaxChannels)
	case p.Channel < 0 || p.Channel > p.Channels:
		return fmt.Errorf("pcm channel %d: want 1 to %d, or 0 for the mean of all", p.Channel, p.Channels)
	}
	return nil
}

// Decoder turns bytes into mono samples at rate. Bytes stay inside this type.
type Decoder struct {
	pcm   Layout
	rate  int // Hz, delivered
	rs    *audio.Resampler
	part  []byte    // begun frame, fewer bytes than one
	inter []float32 // interleaved samples, scratch
	mono  []float32 // scratch
	mix   *audio.Mixer
	bad   int64 // samples that were not finite and became 0
}

// NewDecoder plans the conversion of p to mono at rate.
func NewDecoder(p Layout, rate int) (*Decoder, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	d := &Decoder{rate: rate, part: make([]byte, 0, d32*audio.MaxChannels)}
	return d, d.begin(p)
}

const d32 = 4 // bytes of the widest sample

// begin decodes samples of another layout from now on.
func (d *Decoder) begin(p Layout) error {
	d.pcm, d.mix = p, audio.NewMixer(p.Channels, audio.Channel(p.Channel-1))
	return d.reset()
}

// reset forgets the begun frame and what the resampler holds: after a gap.
func (d *Decoder) reset() error {
	d.part, d.rs = d.part[:0], nil
	if d.pcm.Rate == d.rate {
		return nil
	}
	var err error
	d.rs, err = audio.NewResampler(d.pcm.Rate, d.rate)
	return err
}

// frameBytes is the size of one sample of every channel.
func (d *Decoder) frameBytes() int {
	if d.pcm.Format == S16LE {
		return 2 * d.pcm.Channels
	}
	return 4 * d.pcm.Channels
}

// decode returns the mono samples that b completes, in a slice that is valid
// until the next call. A frame may be split over calls at any byte.
func (d *Decoder) decode(b []byte) []float32 {
	size := d.frameBytes()
	d.mono = d.mono[:0]
	if len(d.part) > 0 {
		n := min(size-len(d.part), len(b))
		d.part, b = append(d.part, b[:n]...), b[n:]
		if len(d.part) < size {
			return nil
		}
		d.frames(d.part)
		d.part = d.part[:0]
	}
	whole := len(b) / size * size
	d.frames(b[:whole])
	d.part = append(d.part, b[whole:]...)
	if d.rs != nil {
		return d.rs.Process(d.mono)
	}
	return d.mono
}

// flush returns what the resampler still holds at the end of the input.
func (d *Decoder) flush() []float32 {
	if d.rs == nil {
		return nil
	}
	return d.rs.Flush()
}

// frames appends the mono samples of whole frames b to d.mono.
func (d *Decoder) frames(b []byte) {
	n := len(b) / d.frameBytes() * d.pcm.Channels
	if cap(d.inter) < n {
		d.inter = make([]float32, n)
	}
	x := d.inter[:n]
	if d.pcm.Format == S16LE {
		for i := range x {
			x[i] = float32(int16(binary.LittleEndian.Uint16(b[2*i:]))) / 32768
		}
	} else {
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		d.bad += audio.Finite(x)
	}
	d.mix.Mix(x, x)
	d.mono = append(d.mono, x[:n/d.pcm.Channels]...)
}
