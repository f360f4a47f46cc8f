// Package file plays sound files into the pipeline.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/internal/audio"
)

// Mono is an open stream of mono samples at the wanted rate.
// Read returns io.EOF at the end, possibly together with the last samples.
type Mono interface {
	Read(dst []float32) (n int, err error)
	Close() error
}

// Config says which files to play, and how fast.
type Config struct {
	capture.Common
	Paths    []string // played in this order, one behind the other
	Loop     bool     // begin again at the end
	Realtime bool     // in the pace of real time; else as fast as the sink has room
	// Read opens one file as mono at rate; nil = package audio.
	Read func(path string, rate int, pick audio.Channel) (Mono, error)
}

// File plays audio files into the pipeline.
type File struct {
	cfg  Config
	told map[string]bool // what was said already; Run's
}

// Open makes the source that c configures.
func Open(c config.Source, common capture.Common) (capture.Source, error) {
	return New(Config{Common: common, Paths: c.Paths, Loop: config.Or(c.Loop, false), Realtime: Realtime(c)})
}

// Realtime says whether the files that c configures are played in the pace of real time.
func Realtime(c config.Source) bool { return config.Or(c.Realtime, true) }

// New returns a source that plays cfg.Paths.
func New(cfg Config) (*File, error) {
	if len(cfg.Paths) == 0 {
		return nil, errors.New("file source: no path; give at least one audio file")
	}
	if cfg.Read == nil {
		cfg.Read = read
	}
	return &File{cfg: cfg}, nil
}

// read opens an audio file of any kind that package audio reads.
func read(path string, rate int, pick audio.Channel) (Mono, error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := audio.Mono(r, rate, pick)
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	return m, nil
}

// Run plays the files. One that cannot be read is told and passed over; the error, after
// the last file, names it. A loop ends only where none can be read.
func (f *File) Run(ctx context.Context, sink capture.Sink) error {
	p := newPlayer(f.cfg.Rate, f.cfg.Realtime, sink)
	buf := make([]float32, capture.ChunkSamples)
	for ctx.Err() == nil {
		before := p.sent
		var failed error
		for _, path := range f.cfg.Paths {
			if err := f.play(ctx, p, path, buf); err != nil {
				failed = err
				f.tell(fmt.Sprintf("%q: %v", path, err))
			}
			if ctx.Err() != nil {
				return nil
			}
		}
		if p.sent == before && failed != nil {
			return failed
		}
		if !f.cfg.Loop {
			return failed
		}
		if p.sent == before {
			return fmt.Errorf("file source: %q: no samples in any file, so there is nothing to loop", f.cfg.Paths)
		}
	}
	return nil
}

func (f *File) play(ctx context.Context, p *player, path string, buf []float32) error {
	r, err := f.cfg.Read(path, f.cfg.Rate, f.cfg.Pick())
	if err != nil {
		return err
	}
	defer r.Close()
	f.tell("playing " + path)
	for {
		n, err := r.Read(buf)
		if n > 0 && !p.write(ctx, buf[:n]) {
			return nil
		}
		switch {
		case errors.Is(err, io.EOF):
			if told, ok := r.(interface{ Notes() []string }); ok {
				for _, note := range told.Notes() {
					f.tell(fmt.Sprintf("%q: %s", path, note))
				}
			}
			return nil
		case err != nil:
			return fmt.Errorf("file source: %w", err)
		case n == 0 && ctx.Err() != nil:
			return nil
		}
	}
}

// tell says once what is to be said of a file, however often it is played.
func (f *File) tell(line string) {
	if f.told == nil {
		f.told = map[string]bool{}
	}
	if !f.told[line] && len(f.told) < maxTold {
		f.told[line] = true
		f.cfg.Report(capture.Online, line)
	}
}

// maxTold bounds what is told of all files together.
const maxTold = 1000

// player hands samples to a sink in the pace of real time, or as fast as the
// sink has room for them.
type player struct {
	pace *capture.Pacer // nil = as fast as possible
	sink capture.Sink
	room capture.Roomer // nil = the sink cannot say
	sent int64          // samples handed over
}

func newPlayer(rate int, realtime bool, sink capture.Sink) *player {
	p := &player{sink: sink}
	p.room, _ = sink.(capture.Roomer)
	if realtime {
		p.pace, p.room = capture.NewPacer(rate), nil
	}
	return p
}

// write hands x over when it is due and says whether ctx is still alive.
func (p *player) write(ctx context.Context, x []float32) bool {
	if p.pace != nil && !p.pace.Wait(ctx, len(x)) || !capture.WaitForRoom(ctx, p.room, len(x)) {
		return false
	}
	p.sink.Write(x)
	p.sent += int64(len(x))
	return true
}
