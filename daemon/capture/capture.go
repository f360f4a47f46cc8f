// Package capture brings sound into the process: from a microphone through
// PortAudio, from files, from standard input and from a child process.
//
// Every source obeys one contract (Source, held by the tests for each of them):
//
//   - Run delivers mono float32 samples in −1…1 at the configured rate, in
//     order, from one goroutine or one audio thread at a time.
//   - What is known to be lost is said with Skip before the next Write, so that
//     the sample index keeps step with the clock and no window spans the hole.
//   - Run returns soon after ctx ends, with nil; with nil at the end of finite
//     input; else with an error that says what failed and what would be right.
//   - A source that can come back does so by itself and reports its state.
//
// Nothing here logs. Sources report through OnState and through Stats.
package capture

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// DefaultRate is the sample rate of the front end in Hz.
const DefaultRate = 44100

// ErrHung says that a call into the sound system did not return within its
// deadline. The thread that made it is lost, and so is PortAudio as a whole:
// only a new process helps, so the daemon exits and systemd starts it again.
var ErrHung = errors.New("sound system hangs")

// Sink takes mono samples. *ringbuf.Ring is one.
// Write must neither block nor keep x; Skip(n) says that n samples are lost.
type Sink interface {
	Write(x []float32)
	Skip(n int64)
}

// Roomer is what a Sink may offer besides: the number of samples that Write
// takes now without dropping. Sources that can wait (files) wait for it.
type Roomer interface {
	Free() int
}

// Source delivers samples to sink until its input ends or ctx does.
type Source interface {
	Run(ctx context.Context, sink Sink) error
}

// Phase is what a source is doing.
type Phase int

const (
	// Recovering: no sound yet; the source is opening or trying again.
	Recovering Phase = iota
	// Online: samples arrive.
	Online
	// Lost: sound stopped arriving, just now.
	Lost
)

func (p Phase) String() string {
	switch p {
	case Recovering:
		return "recovering"
	case Online:
		return "online"
	case Lost:
		return "lost"
	}
	return fmt.Sprintf("Phase(%d)", int(p))
}

// State is what a source reports when its Phase changes. Why is for people:
// the reason of a loss, or what was opened.
type State struct {
	Phase Phase
	Why   string
}

// samplesIn converts a span to samples without overflow; negative spans give 0.
func samplesIn(d time.Duration, rate int) int64 {
	if d <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(d), uint64(rate))
	q, _ := bits.Div64(hi, lo, uint64(time.Second))
	return int64(q)
}

// spanOf converts samples to a span without overflow.
func spanOf(samples int64, rate int) time.Duration {
	hi, lo := bits.Mul64(uint64(samples), uint64(time.Second))
	q, _ := bits.Div64(hi, lo, uint64(rate))
	return time.Duration(q)
}

// sleep waits for d or until ctx ends, and says whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
