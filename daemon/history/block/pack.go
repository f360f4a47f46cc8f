package block

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Packer packs blocks; it keeps its tables between them. One goroutine at a time may use it.
type Packer struct {
	plain []byte
	out   bytes.Buffer
	flate *flate.Writer
}

// version heads every block: there may be others one day.
const version = 1

// Pack writes a block into at most limit bytes, by a floor that is as high as that takes, and says which. Should the
// windows' times alone not fit they are written all the same. It panics on a block beyond the bounds.
func (p *Packer) Pack(b *Block, limit int) (packed []byte, floor uint16) {
	if err := b.check(); err != nil {
		panic("block: " + err.Error())
	}
	for _, floor = range floors {
		if floor < b.Floor {
			continue
		}
		if packed = p.pack(b, floor); len(packed) <= limit {
			break
		}
	}
	return slices.Clone(packed), floor
}

// pack writes b above a floor. The layout, all numbers varint: version, floor, windows, labels; each label's name with
// its length; the first window's end, then what each is later than its predecessor beyond what that was (hardly ever
// anything but 0); the breaks, a byte each; then label by label the low bytes of all windows' steps, then the high ones.
func (p *Packer) pack(b *Block, floor uint16) []byte {
	used := make([]int, len(b.Labels)) // its column, from 1
	columns := 0
	for _, m := range b.Marks {
		if m.Steps >= floor && used[m.Label] == 0 {
			columns++
			used[m.Label] = columns
		}
	}
	x := append(p.plain[:0], version)
	for _, n := range []int{int(floor), len(b.Windows), columns} {
		x = binary.AppendUvarint(x, uint64(n))
	}
	names := make([]string, columns)
	for i, c := range used {
		if c > 0 {
			names[c-1] = b.Labels[i]
		}
	}
	for _, name := range names {
		x = binary.AppendUvarint(x, uint64(len(name)))
		x = append(x, name...)
	}
	last, step := int64(0), int64(0)
	for _, w := range b.Windows {
		x = binary.AppendVarint(x, w.End-last-step)
		last, step = w.End, w.End-last
	}
	for _, w := range b.Windows {
		x = append(x, w.Break)
	}
	n := len(b.Windows)
	at := len(x)
	x = append(x, make([]byte, 2*n*columns)...)
	for i := range b.Windows {
		for _, m := range b.Of(i) {
			if m.Steps >= floor {
				column := x[at+2*n*(used[m.Label]-1):]
				column[i], column[n+i] = byte(m.Steps), byte(m.Steps>>8)
			}
		}
	}
	p.plain = x
	p.out.Reset()
	if p.flate == nil {
		p.flate, _ = flate.NewWriter(&p.out, flate.DefaultCompression) // fails on other levels only
	} else {
		p.flate.Reset(&p.out)
	}
	_, _ = p.flate.Write(x) // into memory
	_ = p.flate.Close()
	return p.out.Bytes()
}

// Unpack reads what Pack wrote. Whatever it is given, it takes bounded memory and does not panic.
func Unpack(packed []byte) (*Block, error) {
	b, err := unpack(packed)
	if err != nil {
		return nil, fmt.Errorf("packed scores: %w", err)
	}
	return b, nil
}

func unpack(packed []byte) (*Block, error) {
	if len(packed) > maxPacked {
		return nil, fmt.Errorf("%d bytes; want %d at the most", len(packed), maxPacked)
	}
	x, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxPlain))
	if err != nil {
		return nil, err
	}
	r := &reader{x: x}
	if v := r.byte(); v != version {
		return nil, fmt.Errorf("version %d; want %d", v, version)
	}
	floor, windows, labels := r.uint(), r.uint(), r.uint()
	if floor > Scale+1 || windows == 0 || windows > MaxWindows || labels > MaxLabels {
		return nil, errors.New("its header is none")
	}
	b := &Block{Floor: uint16(floor)}
	for range labels {
		b.Labels = append(b.Labels, string(r.bytes(int(min(r.uint(), 256)))))
	}
	last, step := int64(0), int64(0)
	for range windows {
		step += r.int()
		last += step
		b.Windows = append(b.Windows, Window{End: last})
	}
	n := int(windows)
	for i, br := range r.bytes(n) {
		b.Windows[i].Break = br
	}
	columns := r.bytes(2 * n * int(labels))
	if r.short {
		return nil, errShort
	}
	for i := range b.Windows {
		b.Windows[i].From = len(b.Marks)
		for l := range int(labels) {
			column := columns[2*n*l:]
			if steps := uint16(column[i]) | uint16(column[n+i])<<8; steps > 0 {
				b.Marks = append(b.Marks, Mark{uint16(l), min(steps, Scale)})
			}
		}
	}
	return b, nil
}

// reader takes bytes off the front; short once there are too few, and then all it gives is 0.
type reader struct {
	x     []byte
	short bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.x) {
		r.x, r.short = nil, true
		return nil
	}
	out := r.x[:n]
	r.x = r.x[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.x)
	r.skip(n)
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.x)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.x, r.short = nil, true
		return
	}
	r.x = r.x[n:]
}
