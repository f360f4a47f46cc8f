package source

import (
	"os"

	"earshot/daemon/capture"
	"earshot/daemon/capture/kind"
	"earshot/daemon/config"
)

// Means are what captures are made with, from outside.
type Means struct {
	Patient bool                                                                // a microphone that is not there at the start is waited for
	Stdin   *os.File                                                            // for sources of kind stdin; nil = standard input
	Demo    func(rate int, onState func(capture.State)) (capture.Source, error) // in place of the bundled recording; nil = that
}

// build makes the capture of a configured source; common says what of it is the same for every kind.
func (m Means) build(c config.Source, common capture.Common) (capture.Source, error) {
	if c.Kind == kind.Demo && m.Demo != nil {
		return m.Demo(common.Rate, common.OnState)
	}
	common.Patient, common.Stdin = m.Patient, m.Stdin
	return kind.Open(c, common)
}
