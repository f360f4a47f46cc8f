// Package capture brings sound into the process. It holds what all sources share;
// each kind has a folder of its own: a microphone through PortAudio, files, standard
// input, a child process, the bundled recording. Package kind is the table of them.
//
// Every source obeys one contract (Source, held by internal/test/sourcetest for each):
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
	"os"
	"time"

	"earshot/internal/audio"
)

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
	Said  Rate // of a live source that is Online
}

// Rate is how many samples a second a source is said to give, and by whom.
type Rate struct {
	Hz int
	By string // "its configuration", "its device", …
}

// Flaw is what a source finds out about its own sound beside its phase.
type Flaw struct {
	Kind   string // FlawRate, …
	Detail string // a sentence for people; "" = it is over
}

// The kinds of flaws.
const (
	FlawRate     = "rate"     // not as many samples a second as said
	FlawInverted = "inverted" // its two channels cancel each other
)

// Common is what every kind of source is told; each takes what means something to it.
type Common struct {
	Rate    int         // Hz of what is delivered
	Channel int         // 1-based channel to pick; 0 = mean of all channels
	Patient bool        // what is not there at the start is waited for, instead of an error
	Stdin   *os.File    // nil = standard input
	OnState func(State) // called from Run's goroutine; nil = nobody listens
	OnFlaw  func(Flaw)  // as OnState
}

// Report tells the owner what the source is doing.
func (c *Common) Report(p Phase, why string) { c.report(State{Phase: p, Why: why}) }

// Opened tells the owner that samples come, and how many a second they are said to be.
func (c *Common) Opened(why string, said Rate) { c.report(State{Online, why, said}) }

func (c *Common) report(s State) {
	if c.OnState != nil {
		c.OnState(s)
	}
}

// Flawed tells the owner of a flaw, or that it is over.
func (c *Common) Flawed(kind, detail string) {
	if c.OnFlaw != nil {
		c.OnFlaw(Flaw{kind, detail})
	}
}

// Pick is Channel as package audio counts.
func (c *Common) Pick() audio.Channel { return audio.Channel(c.Channel - 1) }

// ChunkSamples is how much a source that reads hands over at a time: 23 ms.
const ChunkSamples = 1024

// WaitForRoom waits until the sink takes n samples, and says whether ctx is
// still alive. A nil room never waits.
func WaitForRoom(ctx context.Context, room Roomer, n int) bool {
	for room != nil && room.Free() < n {
		if !Sleep(ctx, time.Millisecond) {
			return false
		}
	}
	return ctx.Err() == nil
}

// Sleep waits for d or until ctx ends, and says whether ctx is still alive.
func Sleep(ctx context.Context, d time.Duration) bool {
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
