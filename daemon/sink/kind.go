package sink

import (
	"context"

	"earshot/daemon/config"
	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/internal/logging"
)

// Kind is a kind of sink that is made from the configuration and Env alone.
type Kind struct {
	Name    string
	Changed func(before, now *config.Config) bool       // whether a reload makes it anew; nil: never
	Open    func(f *config.File, env Env) (Sink, error) // nil and no error: it is not wished for
	Check   func(f *config.File) error                  // what Open would refuse, found before anything is given up; nil: nothing
	Sound   bool                                        // it is a Listener or a Looker: sources start afresh when it changes
}

// Env is what the daemon gives to a sink.
type Env struct {
	Log        *logging.Log
	SampleRate int // Hz, of all sources
	FrontEnd   gammatone.Config
	Picture    func(source string, png []byte) // takes a picture of a sound to the house
	PageURL    func() string                   // as others reach the page, with a slash at its end; "" = none
}

// Runner is a sink with work of its own. Run ends with ctx; an error of it ends the daemon.
type Runner interface {
	Run(ctx context.Context) error
}

// Reporter is a sink with figures for the status.
type Reporter interface{ Report(*status.Status) }

// Listener is a sink that takes the sound too, and not only what is heard in it.
type Listener interface{ Listen(source string) Ear }

// Looker is a sink that takes what the network sees of the sound.
type Looker interface{ Look(source string) Eye }

// Eye takes one source's windows. It never blocks, and keeps nothing of what it is lent.
type Eye interface {
	// Window takes a window's frames, newest hop last, in the listener.
	Window(w *gammatone.Window)
	// Attended takes the weight of each step, summing to 1, in the window that begins at sample at; in the reporter.
	Attended(at int64, steps []float32)
}

// Ear takes one source's sound, from one goroutine. It never blocks.
type Ear interface {
	// Write takes samples, ±1 full scale, the first at absolute index at. They are lent.
	Write(at int64, x []float32)
	Close() // the sound is over
}
