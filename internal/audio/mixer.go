package audio

// Mixer makes one channel of several, whatever the sizes of the pieces. Where the
// two channels of a stereo sound cancel in their mean, as they do when one is wired
// or stored inverted, it takes the first instead; while they do not, the mean is
// exact. It allocates nothing.
type Mixer struct {
	channels  int
	pick      Channel
	a, b, mix float64 // power of both channels and of their mean, over about mixerSpan
	share     float32 // of the first channel in the output, 0 … 1
	cancels   bool
	sounded   bool  // something but silence came
	cancelled int64 // frames
}

const (
	mixerSpan = 2048 // frames over which powers are taken
	mixerFade = 512  // frames from the mean to the first channel

	// The mean of a stereo sound has half the power of its channels or more, unless
	// they are alike and opposed. Below −15 dB they cancel; above −9 dB no longer.
	cancelsBelow, mixesAbove = 0.03, 0.12
	mixerFloor               = 1e-8 // −80 dBFS: below that it is all the same
)

// NewMixer plans the mean of so many channels, or the pick of one.
func NewMixer(channels int, pick Channel) *Mixer { return &Mixer{channels: channels, pick: pick} }

// Mix writes the mono frames of x (frames × channels, interleaved) to dst, which may
// be the start of x.
func (m *Mixer) Mix(dst, x []float32) {
	if m.channels != 2 || m.pick != Mix {
		Downmix(dst, x, m.channels, m.pick)
		return
	}
	for t := range len(x) / 2 {
		l, r := x[2*t], x[2*t+1]
		mean := (l + r) * 0.5
		m.observe(l, r, mean)
		if m.share > 0 {
			mean += m.share * (l - mean)
		}
		dst[t] = mean
	}
}

// observe takes one frame's powers, and moves the share.
func (m *Mixer) observe(l, r, mean float32) {
	const w = 1.0 / mixerSpan
	m.a += w * (float64(l)*float64(l) - m.a)
	m.b += w * (float64(r)*float64(r) - m.b)
	m.mix += w * (float64(mean)*float64(mean) - m.mix)
	if both := min(m.a, m.b); both > mixerFloor {
		switch {
		case m.mix < cancelsBelow*both:
			m.cancels = true
		case m.mix > mixesAbove*both:
			m.cancels = false
		}
		if m.cancels && !m.sounded {
			m.share = 1 // nothing was heard that a step would break
		}
		m.sounded = true
	}
	if m.cancels {
		m.cancelled++
		m.share = min(1, m.share+1.0/mixerFade)
	} else {
		m.share = max(0, m.share-1.0/mixerFade)
	}
}

// Cancelled is for how many frames the channels cancelled so far.
func (m *Mixer) Cancelled() int64 { return m.cancelled }
