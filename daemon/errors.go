package daemon

import "errors"

// ErrStuck says that a goroutine did not end when told to; only the end of the process helps.
var ErrStuck = errors.New("did not stop in time")

// ErrModel marks errors of the model or of ONNX Runtime: they do not mend by themselves.
type ErrModel struct{ Err error }

func (e ErrModel) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e ErrModel) Unwrap() error { return e.Err }

// ErrSource marks errors of a source of sound.
type ErrSource struct {
	Name string
	Err  error
}

func (e ErrSource) Error() string { return "source " + e.Name + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e ErrSource) Unwrap() error { return e.Err }

// ErrBroker marks errors of the embedded broker or of the settings for another.
type ErrBroker struct{ Err error }

func (e ErrBroker) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e ErrBroker) Unwrap() error { return e.Err }
