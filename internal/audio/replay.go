package audio

import (
	"bufio"
	"io"
)

// replay is a reader that can go back to where it was marked, so that what looked like a block
// and was none can be searched for one.
type replay struct {
	r    *bufio.Reader
	kept []byte // read since the mark, and perhaps to be read again
	at   int    // how much of kept was read (again)
}

func (p *replay) Read(b []byte) (int, error) {
	if p.at < len(p.kept) {
		n := copy(b, p.kept[p.at:])
		p.at += n
		return n, nil
	}
	n, err := p.r.Read(b)
	p.kept = append(p.kept, b[:n]...)
	p.at += n
	return n, err
}

// mark says that what was read so far is done with.
func (p *replay) mark() {
	p.kept = p.kept[:copy(p.kept, p.kept[p.at:])]
	p.at = 0
}

// back goes back to n bytes behind the mark, which is there from now on.
func (p *replay) back(n int) {
	p.at = min(n, len(p.kept))
	p.mark()
}

// find moves the mark to the next two bytes that fit, at most limit bytes away, and returns how far
// that was; io.EOF is the end of the file.
func (p *replay) find(fits func(a, b byte) bool, limit int) (skipped int, err error) {
	defer func() { p.back(p.at) }()
	var next [1]byte
	for skipped < limit {
		for len(p.kept) < p.at+2 {
			n, err := p.r.Read(next[:])
			if p.kept = append(p.kept, next[:n]...); err != nil {
				return skipped, io.EOF
			}
		}
		if fits(p.kept[p.at], p.kept[p.at+1]) {
			return skipped, nil
		}
		skipped++
		p.at++
	}
	return skipped, nil
}
