// Package stdin reads raw samples from standard input.
package stdin

import (
	"context"
	"fmt"
	"os"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/pcm"
	"earshot/daemon/config"
)

// Config describes raw samples that come on standard input.
type Config struct {
	capture.Common
	PCM   pcm.Layout
	Stall time.Duration // no bytes for so long is a loss; 0 = 5 s
}

// Stdin reads raw samples from standard input, or another file. It waits while
// the sink is full, so that a fast writer is held back and nothing is dropped.
type Stdin struct {
	cfg Config
	dec *pcm.Decoder
}

const defaultStall = 5 * time.Second

// Open makes the source that c configures.
func Open(c config.Source, common capture.Common) (capture.Source, error) {
	return New(Config{Common: common, PCM: pcm.LayoutOf(c, common)})
}

// New returns a source that reads raw samples.
func New(cfg Config) (*Stdin, error) {
	if cfg.Stall == 0 {
		cfg.Stall = defaultStall
	}
	if cfg.Stdin == nil {
		cfg.Stdin = os.Stdin
	}
	dec, err := pcm.NewDecoder(cfg.PCM, cfg.Rate)
	if err != nil {
		return nil, fmt.Errorf("stdin source: %w", err)
	}
	return &Stdin{cfg, dec}, nil
}

// Run reads until the input ends, with nil, or ctx does.
func (s *Stdin) Run(ctx context.Context, sink capture.Sink) error {
	in := pcm.Stream{
		Common: s.cfg.Common, Name: "stdin source", FD: int(s.cfg.Stdin.Fd()), Decoder: s.dec, Sink: sink,
		Stall: s.cfg.Stall, Wait: true, Online: "reading " + s.cfg.Stdin.Name(),
	}
	return in.Run(ctx)
}
