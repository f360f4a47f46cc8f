package audio

import "io"

// chain plays what stands one behind another in a file, chained Ogg streams or
// joined MP3 files, as one sound at the first one's rate and channels. Damage ends
// one of them, not the chain.
type chain struct {
	now            decoder
	rate, channels int
	next           func() (decoder, error) // nil, nil = there is no more
	heard          bool                    // samples came
	err            error                   // of the present one, behind its last samples
	notes          notes                   // of those before
}

func newChain(first decoder, next func() (decoder, error)) *chain {
	return &chain{now: first, rate: first.Rate(), channels: first.Channels(), next: next}
}

func (c *chain) Rate() int     { return c.rate }
func (c *chain) Channels() int { return c.channels }

func (c *chain) flaws() notes {
	if d, ok := c.now.(noter); ok {
		return join(c.notes, d.flaws())
	}
	return c.notes
}

func (c *chain) Read(dst []float32) (int, error) {
	if c.err == nil {
		n, err := c.now.Read(dst)
		c.err = err
		if n > 0 || err == nil {
			c.heard = c.heard || n > 0
			return n, nil
		}
	}
	if c.err != io.EOF {
		if !c.heard {
			return 0, c.err
		}
		c.notes.add("%s", flaw(c.err))
	}
	return 0, c.advance()
}

// advance goes to the next stream; io.EOF says that there is none.
func (c *chain) advance() error {
	c.notes, c.err = c.flaws(), io.EOF
	c.now = silentEnd{c.now}
	d, err := c.next()
	if err != nil {
		c.notes.add("what follows is not read: %s", flaw(err))
		return io.EOF
	}
	if d == nil {
		return io.EOF
	}
	if d.Rate() != c.rate || d.Channels() != c.channels {
		if d, err = adapt(d, c.rate, c.channels); err != nil {
			c.notes.add("what follows is not read: %s", err)
			return io.EOF
		}
	}
	c.now, c.err = d, nil
	return nil
}

// silentEnd is a stream that is over; its notes are taken.
type silentEnd struct{ decoder }

func (silentEnd) Read([]float32) (int, error) { return 0, io.EOF }

// adapted is a stream in another format: mixed to one channel, resampled, and given
// to every channel.
type adapted struct {
	d              decoder
	rate, channels int
	rs             *Resampler // nil: the same rate
	in, out        []float32  // interleaved scratch; mono, not yet read
	err            error
}

func adapt(d decoder, rate, channels int) (decoder, error) {
	a := &adapted{d: d, rate: rate, channels: channels, in: make([]float32, 4096/d.Channels()*d.Channels())}
	if d.Rate() != rate {
		var err error
		if a.rs, err = NewResampler(d.Rate(), rate); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *adapted) Rate() int     { return a.rate }
func (a *adapted) Channels() int { return a.channels }

func (a *adapted) flaws() notes {
	if d, ok := a.d.(noter); ok {
		return d.flaws()
	}
	return notes{}
}

func (a *adapted) Read(dst []float32) (int, error) {
	if len(a.out) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		n, err := a.d.Read(a.in)
		a.err = err
		Finite(a.in[:n])
		a.out = a.in[:n/a.d.Channels()]
		Downmix(a.out, a.in[:n], a.d.Channels(), Mix)
		if a.rs != nil {
			a.out = a.rs.Process(a.out)
			if err == io.EOF && len(a.out) == 0 {
				a.out = a.rs.Flush()
			}
		}
	}
	n := min(len(a.out), len(dst)/a.channels)
	for i, v := range a.out[:n] {
		for c := range a.channels {
			dst[i*a.channels+c] = v
		}
	}
	a.out = a.out[n:]
	return n * a.channels, nil
}
