package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Mono is an open stream of mono samples at the wanted rate.
// Read returns io.EOF at the end, possibly together with the last samples.
type Mono interface {
	Read(dst []float32) (n int, err error)
	Close() error
}

// FileConfig says which files to play into the pipeline, and how fast.
type FileConfig struct {
	Paths    []string // played in this order, one behind the other
	Rate     int      // Hz of what is delivered; 0 = DefaultRate
	Channel  int      // 1-based channel to pick; 0 = mean of all channels
	Loop     bool     // begin again at the end
	Realtime bool     // in the pace of real time; else as fast as the sink has room
	OnState  func(State)
	// Open opens one file as mono at rate; nil = package audio.
	Open func(path string, rate, channel int) (Mono, error)
}

// File plays audio files into the pipeline.
type File struct{ cfg FileConfig }

// NewFile returns a source that plays cfg.Paths.
func NewFile(cfg FileConfig) (*File, error) {
	if len(cfg.Paths) == 0 {
		return nil, errors.New("file source: no path; give at least one audio file")
	}
	if cfg.Rate == 0 {
		cfg.Rate = DefaultRate
	}
	if cfg.Open == nil {
		cfg.Open = openAudio
	}
	if cfg.OnState == nil {
		cfg.OnState = func(State) {}
	}
	return &File{cfg}, nil
}

// chunkSamples is how much a file source hands over at a time: 23 ms.
const chunkSamples = 1024

// Run plays the files. It returns nil at the end, or an error that names the
// file that could not be read.
func (f *File) Run(ctx context.Context, sink Sink) error {
	p := newPacer(f.cfg.Rate, f.cfg.Realtime, sink)
	buf := make([]float32, chunkSamples)
	for ctx.Err() == nil {
		before := p.sent
		for _, path := range f.cfg.Paths {
			if err := f.play(ctx, p, path, buf); err != nil {
				return err
			}
			if ctx.Err() != nil {
				return nil
			}
		}
		if !f.cfg.Loop {
			return nil
		}
		if p.sent == before {
			return fmt.Errorf("file source: %q: no samples in any file, so there is nothing to loop", f.cfg.Paths)
		}
	}
	return nil
}

func (f *File) play(ctx context.Context, p *pacer, path string, buf []float32) error {
	r, err := f.cfg.Open(path, f.cfg.Rate, f.cfg.Channel)
	if err != nil {
		return err
	}
	defer r.Close()
	f.cfg.OnState(State{Online, "playing " + path})
	for {
		n, err := r.Read(buf)
		if n > 0 && !p.write(ctx, buf[:n]) {
			return nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("file source: %w", err)
		case n == 0 && ctx.Err() != nil:
			return nil
		}
	}
}

// pacer hands samples to a sink in the pace of real time, or as fast as the
// sink has room for them.
type pacer struct {
	rate     int
	realtime bool
	sink     Sink
	room     Roomer // nil = the sink cannot say
	sent     int64  // samples handed over
	start    time.Time
	base     int64 // samples sent at start
	now      func() time.Time
}

func newPacer(rate int, realtime bool, sink Sink) *pacer {
	room, _ := sink.(Roomer)
	return &pacer{rate: rate, realtime: realtime, sink: sink, room: room, now: time.Now}
}

// maxLag is how far a paced source may fall behind before it gives up catching
// up: after a suspended machine woke, a burst would only overrun the ring.
const maxLag = 500 * time.Millisecond

// write hands x over when it is due and says whether ctx is still alive.
func (p *pacer) write(ctx context.Context, x []float32) bool {
	if p.realtime {
		if p.start.IsZero() {
			p.start = p.now()
		}
		due := p.start.Add(spanOf(p.sent-p.base+int64(len(x)), p.rate))
		wait := due.Sub(p.now())
		if wait < -maxLag {
			p.start, p.base = p.now(), p.sent
		}
		if !sleep(ctx, wait) {
			return false
		}
	} else if !waitForRoom(ctx, p.room, len(x)) {
		return false
	}
	p.sink.Write(x)
	p.sent += int64(len(x))
	return true
}

// waitForRoom waits until the sink takes n samples, and says whether ctx is
// still alive. A nil room never waits.
func waitForRoom(ctx context.Context, room Roomer, n int) bool {
	for room != nil && room.Free() < n {
		if !sleep(ctx, time.Millisecond) {
			return false
		}
	}
	return ctx.Err() == nil
}
