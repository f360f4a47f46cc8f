package portaudio

import (
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/audio"
	"earshot/internal/sampletime"
	"earshot/ringbuf"
)

// counters are written by the audio thread and read by anyone.
type counters struct {
	samples, lost, losses, overflows, opened atomic.Int64
}

func (c *counters) stats() Stats {
	return Stats{c.samples.Load(), c.lost.Load(), c.losses.Load(), c.overflows.Load(), c.opened.Load()}
}

// tap stands between PortAudio's audio thread and the sink. call runs on that
// thread: it mixes, counts, copies into the sink and returns, without lock,
// channel or allocation. A device at another rate than the sink's goes through
// a ring to the watching goroutine, which resamples (drain).
type tap struct {
	channels int
	mix      *audio.Mixer // the audio thread's
	now      func() time.Duration
	count    *counters
	closed   atomic.Bool  // written by the watcher
	last     atomic.Int64 // now() of the last samples; 0 = none; written by the audio thread

	cancelled atomic.Int64 // frames whose channels cancelled; written by the audio thread

	// the audio thread's
	sink   capture.Sink
	loss   lossDetector
	before time.Duration // now() of the last samples of the session before; 0 = none
	mono   [ringbuf.BlockSamples]float32

	// the watcher's, when the rates differ
	raw  *ringbuf.Ring
	conv *converter
}

// every is how often the watcher looks.
func (t *tap) every() time.Duration {
	if t.raw != nil {
		return watchEvery / 5
	}
	return watchEvery
}

// call takes interleaved samples from the audio thread.
func (t *tap) call(in []float32, overflow bool) {
	frames := len(in) / t.channels
	if frames == 0 || t.closed.Load() {
		return
	}
	now := t.now()
	lost := t.loss.observe(now, frames, overflow)
	if t.before != 0 {
		lost += max(1, sampletime.Samples(now-t.before, t.loss.rate)-int64(frames))
		t.before = 0
	}
	if overflow {
		t.count.overflows.Add(1)
	}
	if lost > 0 {
		t.sink.Skip(lost)
		t.count.lost.Add(lost)
		t.count.losses.Add(1)
	}
	if t.channels == 1 { // straight from PortAudio's memory into the ring's
		t.sink.Write(in)
		in = nil
	}
	for len(in) >= t.channels {
		n := min(len(in)/t.channels, len(t.mono))
		t.mix.Mix(t.mono[:n], in[:n*t.channels])
		t.sink.Write(t.mono[:n])
		in = in[n*t.channels:]
	}
	t.cancelled.Store(t.mix.Cancelled())
	t.count.samples.Add(int64(frames))
	t.last.Store(int64(now))
}

// shut makes later callbacks do nothing: a stream that hangs in Abort may
// still call when its server wakes up.
func (t *tap) shut() { t.closed.Store(true) }

// drain resamples what the audio thread left; nothing when the rates agree.
func (t *tap) drain() {
	if t.raw == nil {
		return
	}
	for b := t.raw.Peek(); b != nil; b = t.raw.Peek() {
		t.conv.block(b)
		t.raw.Release()
	}
}

// converter resamples blocks and hands them on; a gap stays a gap of as many
// seconds.
type converter struct {
	from, to int // Hz
	sink     capture.Sink
	rs       *audio.Resampler
	next     int64 // index that follows without a gap
}

func (c *converter) block(b *ringbuf.Block) {
	if b.Gap || b.At != c.next {
		c.sink.Write(c.rs.Flush())
		c.sink.Skip(max(1, sampletime.Samples(sampletime.Span(b.At-c.next, c.from), c.to)))
	}
	c.sink.Write(c.rs.Process(b.X[:b.N]))
	c.next = b.At + int64(b.N)
}
