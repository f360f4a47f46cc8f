package trainer

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/batches"
	"earshot/train/recipe"
)

const checkpointMagic = "earshot checkpoint 1\n"

// checkpoint is a training that can go on. Vectors follow the header in the
// order of Vectors; a SHA-256 of everything before it ends the file.
type checkpoint struct {
	Arch    acrnn.Arch
	Recipe  recipe.Recipe
	Seed    uint64
	Data    string // digest of labels, clips and folds
	Floor   float64
	Norm    train.Norm
	Labels  []string
	Step    int
	Epoch   Running // of the epoch that Step is in
	History []train.Epoch
	Hard    []batches.Negative `json:",omitempty"`
	MinedAt int                // step before which they were looked for last; −1: never
	Mined   *train.Mined       `json:",omitempty"` // in the epoch that Step is in
	Vectors []string
	Sizes   []int
	vectors map[string][]float32
}

// save writes c to path: temporary file, sync, rename.
func (c *checkpoint) save(path string) error {
	c.Vectors, c.Sizes = nil, nil
	for _, name := range []string{"weights", "moment1", "moment2", "average"} {
		if v, ok := c.vectors[name]; ok {
			c.Vectors, c.Sizes = append(c.Vectors, name), append(c.Sizes, len(v))
		}
	}
	header, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return atomicfile.Write(path, 0o644, func(w io.Writer) error {
		sum := sha256.New()
		out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<20)
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(header)))
		_, _ = out.WriteString(checkpointMagic)
		_, _ = out.Write(size[:])
		_, _ = out.Write(header)
		var word [4]byte
		for _, name := range c.Vectors {
			for _, f := range c.vectors[name] {
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

// maxCheckpoint bounds a checkpoint, in bytes: weights, their averages and two moments of each, of some millions.
const maxCheckpoint = 4 << 30

// loadCheckpoint reads path whole and checks its sum.
func loadCheckpoint(path string) (*checkpoint, error) {
	b, err := readfile.Bytes(path, maxCheckpoint)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	bad := func(what string) error {
		return fmt.Errorf("checkpoint %s: %s; it is no whole earshot checkpoint, start without --resume or name another", path, what)
	}
	start := len(checkpointMagic) + 8
	if len(b) < start+sha256.Size || string(b[:len(checkpointMagic)]) != checkpointMagic {
		return nil, bad("unknown format")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); string(got[:]) != string(sum) {
		return nil, bad("checksum does not match")
	}
	n := binary.LittleEndian.Uint64(body[len(checkpointMagic):])
	if n > uint64(len(body)-start) {
		return nil, bad("header runs past the end")
	}
	c := &checkpoint{vectors: map[string][]float32{}}
	if err := json.Unmarshal(body[start:start+int(n)], c); err != nil {
		return nil, bad(err.Error())
	}
	rest := body[start+int(n):]
	for i, name := range c.Vectors {
		if i >= len(c.Sizes) || c.Sizes[i] < 0 || 4*c.Sizes[i] > len(rest) {
			return nil, bad("vectors run past the end")
		}
		v := make([]float32, c.Sizes[i])
		for k := range v {
			v[k] = math.Float32frombits(binary.LittleEndian.Uint32(rest[4*k:]))
		}
		c.vectors[name], rest = v, rest[4*len(v):]
	}
	return c, nil
}
