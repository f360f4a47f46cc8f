package opinion

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"

	"github.com/x448/float16"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/verify"
)

// hearingVersion goes into every key; raise it when decoding, the grid, what counts as silent or what is kept changes.
const hearingVersion = 2

// magic starts every cache file; its last digit is the format's version. It is followed by samples (and cutBit), patches, sounds of
// AudioSet, the CRC-32 of the rest, and then a byte a patch (silent or not), (patches, 1024) and (patches, sounds) float16.
const magic = "earshot patches 2\n"

const headerLen = len(magic) + 4*4

// cutBit marks a recording of which more follows than was heard.
const cutBit = 1 << 31

// store is a folder of cache files, one a recording, named by the content of sound file and second network.
type store struct{ dir, embedder string }

// key identifies a recording.
func (s store) key(it Item) (string, error) {
	if s.dir == "" {
		return "", nil
	}
	h := sha256.New()
	fmt.Fprintf(h, "patches %d %s\n", hearingVersion, s.embedder)
	if it.Make != nil {
		fmt.Fprintf(h, "made %s\n", it.Name)
		return hex.EncodeToString(h.Sum(nil)[:16]), nil
	}
	if it.Change != nil {
		fmt.Fprintf(h, "changed %s\n", it.Name)
	}
	f, err := readfile.Open(it.Path, readfile.AnySize)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func (s store) path(key string) string { return filepath.Join(s.dir, key[:2], key+".patches") }

// maxCached bounds a file of the cache, in bytes: an hour of sound takes 23 MB.
const maxCached = 1 << 30

// load returns what was heard of a recording, as far as limit (0: all of it); nil when that is not there, or damaged.
func (s store) load(key string, limit int) *Recording {
	r := s.read(key)
	switch {
	case r == nil || r.Cut && (limit == 0 || r.Samples < limit):
		return nil
	case limit > 0 && r.Samples > limit:
		return r.head(limit)
	}
	return r
}

func (s store) read(key string) *Recording {
	if s.dir == "" {
		return nil
	}
	b, err := readfile.Bytes(s.path(key), maxCached)
	if err != nil || len(b) < headerLen || !bytes.HasPrefix(b, []byte(magic)) {
		return nil
	}
	h, body := b[len(magic):headerLen], b[headerLen:]
	samples, patches, sounds := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:]), binary.LittleEndian.Uint32(h[8:])
	if sounds > verify.MaxSounds || uint64(len(body)) != uint64(patches)*(1+2*verify.EmbeddingLen+2*uint64(sounds)) || crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(h[12:]) {
		return nil
	}
	r := &Recording{Samples: int(samples &^ cutBit), Cut: samples&cutBit != 0, Silent: make([]bool, patches)}
	for i := range r.Silent {
		r.Silent[i] = body[i] != 0
	}
	r.Embedding, body = halves(body[patches:], int(patches)*verify.EmbeddingLen)
	r.AudioSet, _ = halves(body, int(patches)*int(sounds))
	return r
}

// halves takes n float16 off b.
func halves(b []byte, n int) (values []float32, rest []byte) {
	values = make([]float32, n)
	for i := range values {
		values[i] = float16.Frombits(binary.LittleEndian.Uint16(b[2*i:])).Float32()
	}
	return values, b[2*n:]
}

// save keeps r; the checksum makes a torn file a miss.
func (s store) save(key string, r *Recording) error {
	if s.dir == "" {
		return nil
	}
	b := make([]byte, headerLen, headerLen+r.Patches()*(1+2*verify.EmbeddingLen+2*r.sounds()))
	for _, silent := range r.Silent {
		if silent {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	for _, values := range [][]float32{r.Embedding, r.AudioSet} {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint16(b, float16.Fromfloat32(v).Bits())
		}
	}
	copy(b, magic)
	h := b[len(magic):headerLen]
	samples := uint32(r.Samples)
	if r.Cut {
		samples |= cutBit
	}
	binary.LittleEndian.PutUint32(h, samples)
	binary.LittleEndian.PutUint32(h[4:], uint32(r.Patches()))
	binary.LittleEndian.PutUint32(h[8:], uint32(r.sounds()))
	binary.LittleEndian.PutUint32(h[12:], crc32.ChecksumIEEE(b[headerLen:]))
	if err := atomicfile.Cache(s.path(key), b); err != nil {
		return fmt.Errorf("patch cache: %w", err)
	}
	return nil
}
