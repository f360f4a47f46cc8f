package audio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"earshot/internal/atomicfile"
)

// WritePulled writes a mono sound of so many samples at rate, Hz, that is made as it is written: fill is asked for
// one stretch after another, in order, each of it whole. The file is 16-bit FLAC, or WAV where path ends in .wav,
// and there whole or not at all. Memory is a block's, however long the sound is; so a FLAC file's MD5 sum, which
// stands before the sound, is left open.
func WritePulled(path string, samples int64, rate int, fill func(x []float32) error) error {
	if err := writable(int(min(samples, math.MaxInt32)), rate); err != nil {
		return err
	}
	encode := pullFLAC
	switch strings.ToLower(filepath.Ext(path)) {
	case ".flac":
	case ".wav":
		encode = pullWAV
	default:
		return fmt.Errorf("audio: write %q: want a name that ends in .flac or .wav", path)
	}
	return atomicfile.Write(path, 0o644, func(w io.Writer) error { return encode(w, samples, rate, fill) })
}

func pullWAV(w io.Writer, samples int64, rate int, fill func(x []float32) error) error {
	if samples > (math.MaxInt32-64)/2 {
		return fmt.Errorf("audio: %d samples do not fit into a WAV file; want at most 2^30, or a FLAC file", samples)
	}
	b := bufio.NewWriter(w)
	if _, err := b.Write(wavHeader(int(samples), rate)); err != nil {
		return err
	}
	x, pcm := make([]float32, flacBlock), make([]byte, 0, 2*flacBlock)
	for samples > 0 {
		n := int(min(samples, flacBlock))
		if err := fill(x[:n]); err != nil {
			return err
		}
		pcm = pcm[:0]
		for _, v := range x[:n] {
			pcm = binary.LittleEndian.AppendUint16(pcm, uint16(PCM16(v)))
		}
		if _, err := b.Write(pcm); err != nil {
			return err
		}
		samples -= int64(n)
	}
	return b.Flush()
}

func pullFLAC(w io.Writer, samples int64, rate int, fill func(x []float32) error) error {
	enc, err := flac.NewEncoder(struct{ io.Writer }{w}, &meta.StreamInfo{
		BlockSizeMin: flacBlock, BlockSizeMax: flacBlock,
		SampleRate: uint32(rate), NChannels: 1, BitsPerSample: 16, NSamples: uint64(samples),
	})
	if err != nil {
		return err
	}
	x, pcm := make([]float32, flacBlock), make([]int32, flacBlock)
	for samples > 0 {
		n := int(min(samples, flacBlock))
		if err := fill(x[:n]); err != nil {
			return err
		}
		for i, v := range x[:n] {
			pcm[i] = int32(PCM16(v))
		}
		if err := enc.WriteFrame(monoFrame(pcm[:n], rate)); err != nil {
			return err
		}
		samples -= int64(n)
	}
	return enc.Close()
}

// monoFrame is one block of 16-bit samples as the encoder takes it.
func monoFrame(pcm []int32, rate int) *frame.Frame {
	return &frame.Frame{
		Header: frame.Header{
			HasFixedBlockSize: true, BlockSize: uint16(len(pcm)),
			SampleRate: uint32(rate), Channels: frame.ChannelsMono, BitsPerSample: 16,
		},
		Subframes: []*frame.Subframe{{
			SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, // the encoder improves on it
			Samples:   pcm, NSamples: len(pcm),
		}},
	}
}
