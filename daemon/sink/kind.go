package sink

import (
	"context"

	"earshot/daemon/config"
	"earshot/daemon/status"
	"earshot/internal/logging"
)

// Kind is a kind of sink that is made from the configuration and Env alone.
type Kind struct {
	Name    string
	Changed func(before, now *config.Config) bool       // whether a reload makes it anew; nil: never
	Open    func(f *config.File, env Env) (Sink, error) // nil and no error: it is not wished for
	Check   func(f *config.File) error                  // what Open would refuse, found before anything is given up; nil: nothing
	Sound   bool                                        // it is a Listener: sources start afresh when it changes
}

// Env is what the daemon gives to a sink.
type Env struct {
	Log        *logging.Log
	SampleRate int           // Hz, of all sources
	PageURL    func() string // as others reach the page, with a slash at its end; "" = none
}

// Runner is a sink with work of its own. Run ends with ctx; an error of it ends the daemon.
type Runner interface {
	Run(ctx context.Context) error
}

// Reporter is a sink with figures for the status.
type Reporter interface{ Report(*status.Status) }

// Listener is a sink that takes the sound too, and not only what is heard in it.
type Listener interface{ Listen(source string) Ear }

// Ear takes one source's sound, from one goroutine. It never blocks.
type Ear interface {
	// Write takes samples, ±1 full scale, the first at absolute index at. They are lent.
	Write(at int64, x []float32)
	Close() // the sound is over
}
