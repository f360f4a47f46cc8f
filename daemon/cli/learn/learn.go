// Package learn is the part of the command line that learns and measures:
// teach, train, eval, mix and model.
package learn

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"earshot/infer"
	"earshot/train/job"
)

// Shell is what these commands need of the command line that they are part of.
type Shell struct {
	Usage     func(error) error // gives a wrong flag or argument its exit code
	BadModel  func(error) error // the same for a model or ONNX Runtime that cannot be used
	BadConfig func(error) error // the same for settings
	BadSound  func(error) error // the same for files that are no sound
	Failed    func(error) error // the same for anything else, by what it is

	NoArgs     cobra.PositionalArgs
	Model      func(name string) (*infer.Model, error) // "" is the one in the binary
	SoundFiles func(args []string) ([]string, error)   // files as they are, folders as the sound files below them
	PrintJSON  func(w io.Writer, v any) error
	HalfHour   func(dir string) (paths []string, err error) // puts the bundled speech and music there
	Build      string                                       // version and commit, for provenance
}

// Commands are teach, train, eval, mix and model.
func (s Shell) Commands() []*cobra.Command {
	return []*cobra.Command{s.teach(), s.train(), s.eval(), s.mix(), s.model()}
}

// Finishes is the annotation of a command that may take longer than two seconds to end when it is told to: what it finishes
// first. Without it the command is ended then.
const Finishes = "finishes"

// exit gives an error of a job its exit code.
func (s Shell) exit(err error) error {
	var bad job.ModelError
	var broken *infer.ContractError
	if errors.As(err, &bad) || errors.As(err, &broken) {
		return s.BadModel(err)
	}
	return s.Failed(err)
}
