package audio

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/meta"

	"earshot/internal/atomicfile"
)

// PCM16 rounds a sample of full scale ±1 to 16 bits, x = s/32768, clipping what
// does not fit. NaN becomes 0.
func PCM16(x float32) int16 {
	switch {
	case x >= 32767.0/32768:
		return math.MaxInt16
	case x <= -1:
		return math.MinInt16
	case x != x:
		return 0
	}
	return int16(math.RoundToEven(float64(x) * 32768))
}

// WriteWAV16 writes mono samples x at rate, Hz, as a 16-bit WAV file, which is
// there whole or not at all.
func WriteWAV16(path string, x []float32, rate int) error {
	return atomicfile.Write(path, 0o644, func(w io.Writer) error { return EncodeWAV16(w, x, rate) })
}

// WriteFLAC writes mono samples x at rate, Hz, as a 16-bit FLAC file, which is
// there whole or not at all.
func WriteFLAC(path string, x []float32, rate int) error {
	return atomicfile.Write(path, 0o644, func(w io.Writer) error { return EncodeFLAC(w, x, rate) })
}

// EncodeWAV16 writes mono samples x at rate, Hz, as 16-bit WAV. A WAV file
// holds at most 2 GiB of them.
func EncodeWAV16(w io.Writer, x []float32, rate int) error {
	if err := writable(len(x), rate); err != nil {
		return err
	}
	size := 2 * len(x)
	if size > math.MaxInt32-64 {
		return fmt.Errorf("audio: %d samples do not fit into a WAV file; want at most 2^30", len(x))
	}
	if _, err := w.Write(wavHeader(len(x), rate)); err != nil {
		return err
	}
	b := make([]byte, 0, 8192)
	for len(x) > 0 {
		n := min(len(x), 4096)
		b = b[:0]
		for _, v := range x[:n] {
			b = binary.LittleEndian.AppendUint16(b, uint16(PCM16(v)))
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		x = x[n:]
	}
	return nil
}

// wavHeader is what stands before so many 16-bit mono samples.
func wavHeader(samples, rate int) []byte {
	le, size := binary.LittleEndian, 2*samples
	h := make([]byte, 0, 44)
	h = append(h, "RIFF"...)
	h = le.AppendUint32(h, uint32(36+size))
	h = append(h, "WAVEfmt "...)
	h = le.AppendUint32(h, 16)
	h = le.AppendUint16(h, wavPCM)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint32(h, uint32(rate))
	h = le.AppendUint32(h, uint32(2*rate))
	h = le.AppendUint16(h, 2)
	h = le.AppendUint16(h, 16)
	h = append(h, "data"...)
	h = le.AppendUint32(h, uint32(size))
	return h
}

// flacBlock is the block length of our FLAC files, samples.
const flacBlock = 4096

// Sample is a mono sample: 16 bits, or float32 with full scale ±1.
type Sample interface{ int16 | float32 }

// EncodeFLAC writes mono samples x at rate, Hz, as 16-bit FLAC with fixed
// prediction, its length and MD5 sum in the header. It needs no memory beyond a
// block, however long x is.
func EncodeFLAC[S Sample](w io.Writer, x []S, rate int) error {
	if err := writable(len(x), rate); err != nil {
		return err
	}
	info := &meta.StreamInfo{
		BlockSizeMin: flacBlock, BlockSizeMax: flacBlock,
		SampleRate: uint32(rate), NChannels: 1, BitsPerSample: 16,
		NSamples: uint64(len(x)), MD5sum: sum16(x),
	}
	// A bare Writer: the library would seek back in a file, and put the last,
	// shorter block's length where the format wants the others'.
	enc, err := flac.NewEncoder(struct{ io.Writer }{w}, info)
	if err != nil {
		return err
	}
	pcm := make([]int32, flacBlock)
	for len(x) > 0 {
		n := min(len(x), flacBlock)
		for i, v := range x[:n] {
			pcm[i] = int32(to16(v))
		}
		x = x[n:]
		if err := enc.WriteFrame(monoFrame(pcm[:n], rate)); err != nil {
			return err
		}
	}
	return enc.Close()
}

// sum16 is the MD5 sum of samples as 16 bits, little-endian.
func sum16[S Sample](x []S) (sum [md5.Size]byte) {
	h := md5.New()
	b := make([]byte, 0, 2*flacBlock)
	for i, v := range x {
		b = binary.LittleEndian.AppendUint16(b, uint16(to16(v)))
		if len(b) == cap(b) || i == len(x)-1 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Sum(sum[:0])
	return sum
}

func to16[S Sample](v S) int16 {
	switch v := any(v).(type) {
	case float32:
		return PCM16(v)
	case int16:
		return v
	}
	panic("audio: not reached")
}

func writable(samples, rate int) error {
	if samples == 0 {
		return fmt.Errorf("audio: no samples to write; want at least one")
	}
	if rate < MinRate || rate > MaxRate {
		return fmt.Errorf("audio: write at %d Hz: want a rate of %d Hz to %d Hz", rate, MinRate, MaxRate)
	}
	return nil
}
