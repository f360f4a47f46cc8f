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

// build makes the capture of a configured source at the given rate in Hz.
func (m Means) build(c config.Source, rate int, onState func(capture.State)) (capture.Source, error) {
	if c.Kind == kind.Demo && m.Demo != nil {
		return m.Demo(rate, onState)
	}
	return kind.Open(c, capture.Common{Rate: rate, Patient: m.Patient, Stdin: m.Stdin, OnState: onState})
}
