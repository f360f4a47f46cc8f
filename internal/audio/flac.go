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
	r     *replay
	rate  int
	ch    int
	total uint64       // frames by the stream's header; 0 = unknown
	at    uint64       // frames decoded
	f     *frame.Frame // the block being handed out, nil at the start
	next  int          // its first frame not handed out
	size  int          // its frames
	lost  int64        // stretches that could not be decoded
	short uint64       // frames missing at the end of all
	said  notes
}

func openFLAC(s *source) (decoder, error) { return newFLAC(s.s.r) }

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
	s, err := flac.New(r) // a buffer as large as r it takes as it is
	if err != nil {
		return nil, headerEnds(err)
	}
	if s.Info.BitsPerSample > 24 {
		return nil, elsewhere(fault(ErrUnsupported, "FLAC of at most 24 bits", "it has %d bits a sample", s.Info.BitsPerSample), "flac")
	}
	quietFLAC()
	return &flacDecoder{s: s, r: &replay{r: r}, rate: int(s.Info.SampleRate), ch: int(s.Info.NChannels), total: s.Info.NSamples}, nil
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

// block decodes the next block. What is damaged is left out, and the next whole block, by both
// checksums, goes on.
func (d *flacDecoder) block() error {
	if d.total > 0 && d.at >= d.total {
		return io.EOF // whatever follows (an ID3 tag) is not sound
	}
	var damage error
	for junk, work := 0, 0; junk < maxJunk && work < maxResearch; {
		d.r.mark()
		f, err := d.parse()
		if err == nil {
			if damage != nil {
				d.lost++
			}
			d.f, d.next, d.size = f, 0, int(f.BlockSize)
			if d.total > 0 {
				d.size = int(min(uint64(d.size), d.total-d.at))
			}
			d.at += uint64(d.size)
			return nil
		}
		if err == io.EOF && damage == nil {
			break // between two blocks
		}
		if damage == nil {
			damage = err
		}
		work += d.r.at
		d.r.back(1)
		n, err := d.r.find(flacSync, maxJunk-junk)
		if err != nil {
			break
		}
		junk += 1 + n
	}
	switch {
	case d.at == 0 && damage != nil:
		return damage
	case d.at < d.total:
		d.short = d.total - d.at
	case damage != nil && d.total == 0:
		d.said.add("it ends within a block, or in something that is none")
	}
	return io.EOF
}

// maxResearch bounds what is read of blocks that turn out to be none, one after the other, bytes.
const maxResearch = 64 << 20

// flacSync says whether a block can begin with these two bytes.
func flacSync(a, b byte) bool { return a == 0xff && b&0xfe == 0xf8 }

// parse reads one block; io.EOF is the end of the file before it.
func (d *flacDecoder) parse() (f *frame.Frame, err error) {
	defer func() {
		if p := recover(); p != nil { // a damaged block that looks like one
			err = fault(ErrCorrupt, "an undamaged file", "the decoder gave up (%v)", p)
		}
	}()
	f, err = frame.New(d.r)
	if err == io.EOF {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	if f.Channels.Count() != d.ch {
		return nil, fault(ErrCorrupt, "the same number throughout", "a block of %d channels stands in a stream of %d", f.Channels.Count(), d.ch)
	}
	if f.BitsPerSample == 0 {
		f.BitsPerSample = d.s.Info.BitsPerSample // "as in the stream info"
	}
	if err := f.Parse(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	for _, sub := range f.Subframes {
		if len(sub.Samples) != int(f.BlockSize) {
			return nil, fault(ErrCorrupt, "channels of equal length", "a block of %d samples holds %d", f.BlockSize, len(sub.Samples))
		}
	}
	return f, nil
}

func (d *flacDecoder) flaws() notes {
	all := d.said
	if d.lost > 0 {
		all.add("%s left out", plural(d.lost, "damaged stretch between its blocks was", "damaged stretches between its blocks were"))
	}
	if d.short > 0 {
		all.add("its header says %d samples, %d of them (%.1f s) are missing", d.total, d.short, float64(d.short)/float64(d.rate))
	}
	return all
}
