// Package checkpoint keeps a training that can go on in a file: a header of the training's own, as JSON, and vectors of numbers. The file
// is there whole or not at all; a SHA-256 of everything before it ends it.
package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

const magic = "earshot checkpoint 1\n"

// limit bounds a checkpoint, in bytes: weights, their averages and two moments of each, of some tens of millions.
const limit = 4 << 30

// Layout says which vectors follow a header, and how long each is. Headers embed it.
type Layout struct {
	Vectors []string
	Sizes   []int
}

func (l *Layout) layout() *Layout { return l }

// Header is a pointer to a struct that embeds [Layout].
type Header interface{ layout() *Layout }

// Save writes h and those of the vectors that names lists, in that order, to path: temporary file, sync, rename. Names without a vector
// are left out.
func Save(path string, h Header, names []string, vectors map[string][]float32) error {
	l := h.layout()
	l.Vectors, l.Sizes = nil, nil
	for _, name := range names {
		if v, ok := vectors[name]; ok {
			l.Vectors, l.Sizes = append(l.Vectors, name), append(l.Sizes, len(v))
		}
	}
	header, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return atomicfile.Write(path, 0o644, func(w io.Writer) error {
		sum := sha256.New()
		out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(header)))
		_, _ = out.WriteString(magic)
		_, _ = out.Write(size[:])
		_, _ = out.Write(header)
		var word [4]byte
		for _, name := range l.Vectors {
			for _, f := range vectors[name] {
				binary.LittleEndian.PutUint32(word[:], math.Float32bits(f))
				_, _ = out.Write(word[:])
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		_, err := w.Write(sum.Sum(nil))
		return err
	})
}

// Load reads path whole, checks its sum, and fills h. The error of a file that is none names it, and says what to do.
func Load(path string, h Header) (map[string][]float32, error) {
	b, err := readfile.Bytes(path, limit)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	bad := func(what string) error {
		return fmt.Errorf("checkpoint %s: %s; it is no whole earshot checkpoint, start without --resume or name another", path, what)
	}
	start := len(magic) + 8
	if len(b) < start+sha256.Size || string(b[:len(magic)]) != magic {
		return nil, bad("unknown format")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); string(got[:]) != string(sum) {
		return nil, bad("checksum does not match")
	}
	n := binary.LittleEndian.Uint64(body[len(magic):])
	if n > uint64(len(body)-start) {
		return nil, bad("header runs past the end")
	}
	if err := json.Unmarshal(body[start:start+int(n)], h); err != nil {
		return nil, bad(err.Error())
	}
	rest, l, vectors := body[start+int(n):], h.layout(), map[string][]float32{}
	for i, name := range l.Vectors {
		if i >= len(l.Sizes) || l.Sizes[i] < 0 || 4*l.Sizes[i] > len(rest) {
			return nil, bad("vectors run past the end")
		}
		v := make([]float32, l.Sizes[i])
		for k := range v {
			v[k] = math.Float32frombits(binary.LittleEndian.Uint32(rest[4*k:]))
		}
		vectors[name], rest = v, rest[4*len(v):]
	}
	return vectors, nil
}

// Exists tells whether something stands at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Sweep removes what a killed process left of an unfinished checkpoint beside path; "" is no path.
func Sweep(path string) {
	if path == "" {
		return
	}
	entries, _ := os.ReadDir(filepath.Dir(path)) // a folder that is not there is told when saving
	for _, e := range entries {
		if n := e.Name(); e.Type().IsRegular() && strings.HasPrefix(n, "."+filepath.Base(path)+".") && strings.HasSuffix(n, ".tmp") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), n))
		}
	}
}
