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
	if err := s.Decoder.reset(); err != nil {
		return err
	}
	buf := make([]byte, readBytes)
	last, live := time.Now(), false
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
			s.deliver(ctx, room, s.Decoder.flush())
			return nil
		}
		if !live && !s.Since.IsZero() {
			if err := s.Decoder.reset(); err != nil {
				return err
			}
		}
		x := s.Decoder.decode(buf[:n])
		if !live {
			live = true
			s.resume(len(x))
			s.Report(capture.Online, s.Online)
		}
		if !s.deliver(ctx, room, x) {
			return nil
		}
		last = time.Now()
		s.Since = last
	}
	return nil
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
		if !capture.WaitForRoom(ctx, room, n) {
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
