package pcm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/sampletime"

	"golang.org/x/sys/unix"
)

// Stream reads raw samples from a file descriptor into a sink. It polls, so that
// ctx ends it while nothing comes, and no goroutine is left in a read.
type Stream struct {
	capture.Common
	Name    string // as errors call it
	FD      int
	Decoder *Decoder
	Sink    capture.Sink
	Stall   time.Duration
	GiveUp  bool      // a stall ends Run with an error, rather than being waited out
	Wait    bool      // hold the writer back while the sink is full, rather than drop
	Online  string    // said when the first samples came
	Since   time.Time // of the last samples; zero = there were none yet

	Samples int64 // delivered

	said     capture.Rate
	hurry    hurry
	pace     *capture.Pacer // nil = sound comes by a clock
	inverted capture.Inversion
}

const (
	readBytes = 8192
	pollEvery = 100 * time.Millisecond
)

// Run reads to the end of the input, which gives nil.
func (s *Stream) Run(ctx context.Context) error {
	room, _ := s.Sink.(capture.Roomer)
	if !s.Wait {
		room = nil
	}
	configured := s.Decoder.pcm
	defer s.Decoder.begin(configured) // what one program's header says is not the next one's; it has been checked
	if err := s.Decoder.reset(); err != nil {
		return err
	}
	s.said = capture.Rate{Hz: configured.Rate, By: byConfiguration}
	s.restart()
	s.Flawed(capture.FlawInverted, "")
	buf := make([]byte, readBytes)
	last, live := time.Now(), false
	var head header
	for ctx.Err() == nil {
		ready, err := readable(s.FD, pollEvery)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		if !ready {
			if silent := time.Since(last); (live || s.GiveUp) && silent > s.Stall {
				why := fmt.Sprintf("%s gave no samples for %.1f s", s.Name, silent.Seconds())
				if live {
					s.Report(capture.Lost, why)
				}
				if s.GiveUp {
					return errors.New(why)
				}
				live = false
			}
			continue
		}
		n, err := unix.Read(s.FD, buf)
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
			continue
		case err != nil:
			return fmt.Errorf("%s: read: %w", s.Name, err)
		case n == 0:
			if !head.decided { // so few bytes that they might have begun a file
				s.deliver(ctx, room, s.Decoder.decode(head.rest(0)))
			}
			s.deliver(ctx, room, s.Decoder.flush())
			return nil
		}
		last = time.Now()
		samples, layout, err := head.take(buf[:n], s.Decoder.pcm)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		if !head.decided {
			continue
		}
		if layout != s.Decoder.pcm {
			if err := s.Decoder.begin(layout); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
			s.said = capture.Rate{Hz: layout.Rate, By: byHeader}
			s.Online += fmt.Sprintf(", as its WAV header says (%v), not as the configuration does (%v)", layout, configured)
		}
		if !live && !s.Since.IsZero() {
			if err := s.Decoder.reset(); err != nil {
				return err
			}
			s.restart()
		}
		x := s.Decoder.decode(samples)
		if !live {
			live = true
			s.resume(len(x))
			s.Opened(s.Online, s.said)
		}
		s.judge(len(x), last)
		if !s.deliver(ctx, room, x) {
			return nil
		}
		last = time.Now()
		s.Since = last
	}
	return nil
}

// restart forgets what was found out about the pace.
func (s *Stream) restart() {
	s.hurry, s.pace = hurry{rate: s.Rate}, nil
	s.Flawed(capture.FlawRate, "")
}

// judge looks at n samples that came just now: whether they come too fast, or with an inverted channel.
func (s *Stream) judge(n int, now time.Time) {
	if s.hurry.observe(int64(n), now) {
		s.pace = capture.NewPacer(s.Rate)
		if wrong := s.hurry.wrong(s.said.Hz, s.said.By); wrong != "" {
			s.Flawed(capture.FlawRate, wrong)
		} else {
			s.Opened(s.Online+"; faster than real time, so held back to it", s.said)
		}
	}
	s.inverted.Observe(&s.Common, s.Decoder.mix.Cancelled(), int64(n))
}

// resume tells the sink of the time without samples, after a stall or a restart.
func (s *Stream) resume(fresh int) {
	if !s.Since.IsZero() {
		s.Sink.Skip(max(1, sampletime.Samples(time.Since(s.Since), s.Rate)-int64(fresh)))
	}
}

// deliver hands x over in pieces that a sink of any size takes, and says
// whether ctx is still alive.
func (s *Stream) deliver(ctx context.Context, room capture.Roomer, x []float32) bool {
	for len(x) > 0 {
		n := min(len(x), capture.ChunkSamples)
		if s.pace != nil && !s.pace.Wait(ctx, n) || !capture.WaitForRoom(ctx, room, n) {
			return false
		}
		s.Sink.Write(x[:n])
		s.Samples += int64(n)
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
		return false, errors.New("the input is not open")
	}
	return n > 0, nil
}
