package audio

import (
	"bufio"
	"errors"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// flacDecoder reads native FLAC of 4 to 24 bits.
type flacDecoder struct {
	s     *flac.Stream
	rate  int
	ch    int
	total uint64       // frames by the stream's header; 0 = unknown
	at    uint64       // frames decoded
	f     *frame.Frame // the block being handed out, nil at the start
	next  int          // its first frame not handed out
	size  int          // its frames
}

func newFLAC(r *bufio.Reader) (*flacDecoder, error) {
	// The library allocates by the length of the first metadata block: see
	// first that it is the stream info, whose length is fixed.
	head, err := r.Peek(42)
	if err != nil {
		return nil, headerEnds(err)
	}
	if head[4]&0x7f != 0 || head[5] != 0 || head[6] != 0 || head[7] != 34 {
		return nil, fault(ErrCorrupt, "a stream info block of 34 bytes", "its first metadata block is %x", head[4:8])
	}
	s, err := flac.New(r)
	if err != nil {
		return nil, headerEnds(err)
	}
	if s.Info.BitsPerSample > 24 {
		return nil, fault(ErrUnsupported, "FLAC of at most 24 bits", "it has %d bits a sample", s.Info.BitsPerSample)
	}
	quietFLAC()
	return &flacDecoder{s: s, rate: int(s.Info.SampleRate), ch: int(s.Info.NChannels), total: s.Info.NSamples}, nil
}

func (d *flacDecoder) Rate() int     { return d.rate }
func (d *flacDecoder) Channels() int { return d.ch }

func (d *flacDecoder) Read(dst []float32) (int, error) {
	if d.next == d.size {
		if err := d.block(); err != nil {
			return 0, err
		}
	}
	n := min(len(dst)/d.ch, d.size-d.next)
	scale := 1 / float32(int64(1)<<(d.f.BitsPerSample-1))
	for c, sub := range d.f.Subframes {
		for t, s := range sub.Samples[d.next : d.next+n] {
			dst[t*d.ch+c] = float32(s) * scale
		}
	}
	d.next += n
	return n * d.ch, nil
}

// block decodes the next block.
func (d *flacDecoder) block() error {
	if d.total > 0 && d.at >= d.total {
		return io.EOF // whatever follows (an ID3 tag) is not sound
	}
	f, err := d.s.Next()
	if err == io.EOF {
		if d.at < d.total {
			return fault(ErrTruncated, "the complete file", "it ends after %d of %d samples", d.at, d.total)
		}
		return io.EOF
	}
	if err != nil {
		return err
	}
	if f.Channels.Count() != d.ch {
		return fault(ErrCorrupt, "the same number throughout", "a block of %d channels stands in a stream of %d", f.Channels.Count(), d.ch)
	}
	if f.BitsPerSample == 0 {
		f.BitsPerSample = d.s.Info.BitsPerSample // "as in the stream info"
	}
	if err := f.Parse(); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fault(ErrTruncated, "the complete file", "it ends within a block, after %d of %d samples", d.at, d.total)
		}
		return err
	}
	d.f, d.next, d.size = f, 0, int(f.BlockSize)
	for _, sub := range f.Subframes {
		if len(sub.Samples) != d.size {
			return fault(ErrCorrupt, "channels of equal length", "a block of %d samples holds %d", d.size, len(sub.Samples))
		}
	}
	if d.total > 0 {
		d.size = int(min(uint64(d.size), d.total-d.at))
	}
	d.at += uint64(d.size)
	return nil
}
