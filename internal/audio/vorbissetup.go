package audio

import "math"

// Bounds on a Vorbis setup header. libvorbis' largest codebook has 6561
// entries, its widest 16 dimensions, and all values of one file are < 2^17.
const (
	maxBookDimensions = 256
	maxBookEntries    = 1 << 17
	maxBookValues     = 1 << 22 // over all codebooks
)

// checkVorbisSetup walks through the codebooks of a setup header (Vorbis I
// specification, section 3.2.1; p without its 7 bytes of packet type) before
// jfreymuth/vorbis sees them: it takes their sizes on trust, up to terabytes,
// and never ends on a code tree without leaves or on lengths that run out. It returns
// the header as mendFloors mended it.
func checkVorbisSetup(p []byte) (mended []byte, err error) {
	r := &lsbReader{b: p}
	values := 0
	for i, n := 0, int(r.read(8))+1; i < n; i++ {
		v, what := checkCodebook(r)
		values += v
		switch {
		case what != "":
		case r.short:
			what = "it ends too early"
		case values > maxBookValues:
			what = "its tables would need more than 2^22 values"
		default:
			continue
		}
		return nil, fault(ErrCorrupt, "codebooks as in the Vorbis I specification", "Vorbis codebook %d of %d: %s", i, n, what)
	}
	return mendFloors(r, p), nil
}

// checkCodebook reads one codebook. It returns how many values its table has,
// and what is wrong with it.
func checkCodebook(r *lsbReader) (values int, what string) {
	if r.read(24) != 0x564342 {
		return 0, "its mark BCV is missing"
	}
	dimensions, entries := int(r.read(16)), int(r.read(24))
	if dimensions < 1 || dimensions > maxBookDimensions || entries < 1 || entries > maxBookEntries {
		return 0, "its size is beyond reason"
	}
	if what := checkLengths(r, entries); what != "" {
		return 0, what
	}
	kind := r.read(4)
	if kind == 0 {
		return entries, ""
	}
	if kind > 2 {
		return 0, "its lookup type is unknown"
	}
	if entries*dimensions > maxBookValues {
		return 0, "its table is beyond reason"
	}
	r.read(32) // least value
	r.read(32) // step
	bits := int(r.read(4)) + 1
	r.read(1) // sequence
	n := entries * dimensions
	if kind == 1 {
		n = rootOf(entries, dimensions)
		if n != int(math.Floor(math.Pow(float64(entries), 1/float64(dimensions)))) {
			return 0, "its lattice is rounded wrongly by the decoder"
		}
	}
	r.skip(n * bits)
	return entries * dimensions, ""
}

// checkLengths reads the code lengths: they must make a whole binary tree
// (Kraft: Σ 2^−length = 1), or a single leaf.
func checkLengths(r *lsbReader, entries int) string {
	var sum uint64 // of 2^(32−length)
	used := 0
	put := func(length, n int) {
		sum += uint64(n) << (32 - length)
		used += n
	}
	if ordered := r.read(1) == 1; ordered {
		length := int(r.read(5)) + 1
		for at := 0; at < entries; length++ {
			n := int(r.read(bitsFor(entries - at)))
			if length > 32 || n > entries-at {
				return "its ordered code lengths run over"
			}
			put(length, n)
			at += n
		}
	} else {
		sparse := r.read(1) == 1
		for i := 0; i < entries && !r.short; i++ {
			if !sparse || r.read(1) == 1 {
				put(int(r.read(5))+1, 1)
			}
		}
	}
	if !r.short && used != 1 && sum != 1<<32 {
		return "its code lengths make no tree"
	}
	return ""
}

// rootOf is the greatest n with n^dimensions ≤ entries.
func rootOf(entries, dimensions int) int {
	for n := 1; ; n++ {
		power := 1
		for range dimensions {
			if power *= n + 1; power > entries {
				return n
			}
		}
	}
}

// bitsFor is the specification's ilog: the bits of x written in binary.
func bitsFor(x int) int {
	n := 0
	for ; x > 0; x >>= 1 {
		n++
	}
	return n
}

// lsbReader reads bits, the least significant of a byte first.
type lsbReader struct {
	b     []byte
	at    int  // bit
	short bool // more was read than there is
}

func (r *lsbReader) read(n int) uint32 {
	if r.at+n > 8*len(r.b) {
		r.short = true
		return 0
	}
	var x uint32
	for i := range n {
		x |= uint32(r.b[r.at>>3]>>(r.at&7)&1) << i
		r.at++
	}
	return x
}

func (r *lsbReader) skip(n int) {
	if r.at+n > 8*len(r.b) {
		r.short = true
		return
	}
	r.at += n
}
