package capture

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// StdinConfig describes raw samples that come on standard input.
type StdinConfig struct {
	PCM     PCM
	Rate    int           // Hz of what is delivered; 0 = DefaultRate
	Stall   time.Duration // no bytes for so long is a loss; 0 = 5 s
	Input   *os.File      // nil = standard input
	OnState func(State)   // called from Run's goroutine
}

// Stdin reads raw samples from standard input, or another file. It waits while
// the sink is full, so that a fast writer is held back and nothing is dropped.
type Stdin struct {
	cfg StdinConfig
	dec *decoder
}

const defaultStdinStall = 5 * time.Second

// NewStdin returns a source that reads raw samples.
func NewStdin(cfg StdinConfig) (*Stdin, error) {
	if cfg.Rate == 0 {
		cfg.Rate = DefaultRate
	}
	if cfg.Stall == 0 {
		cfg.Stall = defaultStdinStall
	}
	if cfg.Input == nil {
		cfg.Input = os.Stdin
	}
	if cfg.OnState == nil {
		cfg.OnState = func(State) {}
	}
	dec, err := newDecoder(cfg.PCM, cfg.Rate)
	if err != nil {
		return nil, fmt.Errorf("stdin source: %w", err)
	}
	return &Stdin{cfg, dec}, nil
}

// Run reads until the input ends, with nil, or ctx does.
func (s *Stdin) Run(ctx context.Context, sink Sink) error {
	in := pcmStream{
		name: "stdin source", fd: int(s.cfg.Input.Fd()), dec: s.dec, sink: sink, rate: s.cfg.Rate,
		stall: s.cfg.Stall, wait: true, report: s.cfg.OnState, online: "reading " + s.cfg.Input.Name(),
	}
	return in.run(ctx)
}

// pcmStream reads raw samples from a file descriptor. It polls, so that ctx
// ends it while nothing comes, and no goroutine is left in a read.
type pcmStream struct {
	name   string
	fd     int
	dec    *decoder
	sink   Sink
	rate   int // Hz, of the sink
	stall  time.Duration
	giveUp bool // a stall ends run with an error, rather than being waited out
	wait   bool // hold the writer back while the sink is full, rather than drop
	report func(State)
	online string    // said when the first samples came
	since  time.Time // of the last samples before; zero = there were none

	samples int64 // delivered
}

const (
	readBytes = 8192
	pollEvery = 100 * time.Millisecond
)

// run reads to the end of the input, which gives nil.
func (s *pcmStream) run(ctx context.Context) error {
	room, _ := s.sink.(Roomer)
	if !s.wait {
		room = nil
	}
	buf := make([]byte, readBytes)
	last, live := time.Now(), false
	for ctx.Err() == nil {
		ready, err := readable(s.fd, pollEvery)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if !ready {
			if silent := time.Since(last); (live || s.giveUp) && silent > s.stall {
				why := fmt.Sprintf("%s gave no samples for %.1f s", s.name, silent.Seconds())
				if live {
					s.report(State{Lost, why})
				}
				if s.giveUp {
					return fmt.Errorf("%s", why)
				}
				live = false
			}
			continue
		}
		n, err := unix.Read(s.fd, buf)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return fmt.Errorf("%s: read: %w", s.name, err)
		case n == 0:
			s.deliver(ctx, room, s.dec.flush())
			return nil
		}
		if !live && !s.since.IsZero() {
			if err := s.dec.reset(); err != nil {
				return err
			}
		}
		x := s.dec.decode(buf[:n])
		if !live {
			live = true
			s.resume(len(x))
			s.report(State{Online, s.online})
		}
		if !s.deliver(ctx, room, x) {
			return nil
		}
		last = time.Now()
		s.since = last
	}
	return nil
}

// resume tells the sink of the time without samples, after a stall or a restart.
func (s *pcmStream) resume(fresh int) {
	if !s.since.IsZero() {
		s.sink.Skip(max(1, samplesIn(time.Since(s.since), s.rate)-int64(fresh)))
	}
}

// deliver hands x over in pieces that a sink of any size takes, and says
// whether ctx is still alive.
func (s *pcmStream) deliver(ctx context.Context, room Roomer, x []float32) bool {
	for len(x) > 0 {
		n := min(len(x), chunkSamples)
		if !waitForRoom(ctx, room, n) {
			return false
		}
		s.sink.Write(x[:n])
		s.samples += int64(n)
		x = x[n:]
	}
	return ctx.Err() == nil
}

// readable waits up to limit for fd to have bytes, or its end.
func readable(fd int, limit time.Duration) (bool, error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(p, int(limit.Milliseconds()))
	if err == unix.EINTR {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("poll: %w", err)
	}
	if n > 0 && p[0].Revents&unix.POLLNVAL != 0 {
		return false, fmt.Errorf("the input is not open")
	}
	return n > 0, nil
}
