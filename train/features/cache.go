package features

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"

	"earshot/gammatone"
	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// decoderVersion goes into every key; raise it when package audio decodes or
// resamples differently.
const decoderVersion = 1

// magic starts every cache file; its last digit is the format's version.
const magic = "earshot features 1\n"

// headerLen is magic, frames, bands, samples and the CRC-32 of the energies.
const headerLen = len(magic) + 4*4

// store is a folder of cache files, one a clip, named by the key. A file is
// identified by its content, not by path and date: a moved, copied or touched
// data set keeps its cache, and an edited clip loses it.
type store struct {
	dir  string // "" keeps nothing
	salt string // everything besides the sound that decides the energies
}

func newStore(o Options) (*store, error) {
	// Floor, window and delta come after the energies.
	c := gammatone.Default()
	c.Floor = 1
	s := &store{dir: o.CacheDir, salt: fmt.Sprintf("%d %s", decoderVersion, c.Fingerprint())}
	if o.Variant != nil {
		s.salt += " variant " + o.Variant.Name
	}
	if s.dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, fmt.Errorf("feature cache: %w", err)
	}
	return s, nil
}

// key identifies the energies of the file at path.
func (s *store) key(path string) (string, error) {
	if s.dir == "" {
		return "", nil
	}
	f, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", s.salt)
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

func (s *store) path(key string) string { return filepath.Join(s.dir, key[:2], key+".energies") }

// maxCached bounds a file of the cache, in bytes: an hour of sound takes 160 MB.
const maxCached = 1 << 30

// load returns nil when there is no such file or it is damaged; the clip is
// then computed again.
func (s *store) load(key string) *Clip {
	if s.dir == "" {
		return nil
	}
	b, err := readfile.Bytes(s.path(key), maxCached)
	if err != nil || len(b) < headerLen || !bytes.HasPrefix(b, []byte(magic)) {
		return nil
	}
	h := b[len(magic):headerLen]
	frames, bands := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
	body := b[headerLen:]
	if bands != Bands || uint64(len(body)) != uint64(frames)*Bands*4 || crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(h[12:]) {
		return nil
	}
	f := &Clip{Frames: int(frames), Samples: int(binary.LittleEndian.Uint32(h[8:])), Energies: make([]float32, int(frames)*Bands)}
	for i := range f.Energies {
		f.Energies[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
	}
	f.Silent = silentFrames(f.Energies)
	return f
}

// save keeps f; the checksum makes a file torn by a power cut a miss, not an error.
func (s *store) save(key string, f *Clip) error {
	if s.dir == "" {
		return nil
	}
	body := make([]byte, headerLen+4*len(f.Energies))
	copy(body, magic)
	for i, v := range f.Energies {
		binary.LittleEndian.PutUint32(body[headerLen+4*i:], math.Float32bits(v))
	}
	h := body[len(magic):headerLen]
	binary.LittleEndian.PutUint32(h, uint32(f.Frames))
	binary.LittleEndian.PutUint32(h[4:], Bands)
	binary.LittleEndian.PutUint32(h[8:], uint32(f.Samples))
	binary.LittleEndian.PutUint32(h[12:], crc32.ChecksumIEEE(body[headerLen:]))
	if err := atomicfile.Cache(s.path(key), body); err != nil {
		return fmt.Errorf("feature cache: %w", err)
	}
	return nil
}
