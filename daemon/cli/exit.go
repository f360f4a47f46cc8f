package cli

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes, told by the root command's help.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
	exitConfig  = 3
	exitModel   = 4
	exitAudio   = 5
	exitBroker  = 6
	exitHang    = 7
)

var exitCodes = []struct {
	code int
	text string
}{
	{exitOK, "all went well"},
	{exitFailure, "something failed while running; the message says what"},
	{exitUsage, "wrong command, flag or argument"},
	{exitConfig, "the configuration has mistakes; each is listed with its line"},
	{exitModel, "the model or ONNX Runtime cannot be used"},
	{exitAudio, "no such sound device, or a file is not sound"},
	{exitBroker, "the MQTT broker cannot be used (only where a command waits for it; run keeps trying)"},
	{exitHang, "the sound system or the network hung; a supervisor should start again"},
}

func exitCodeHelp() string {
	var b strings.Builder
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %d  %s\n", e.code, e.text)
	}
	return b.String()
}

// exitError carries the exit code of an error.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// fail gives err an exit code; nil stays nil.
func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code, err}
}

// silent is err with its exit code, and nothing more to print.
func silent(err error) error {
	if err == nil {
		return nil
	}
	return fail(exitCode(err), errSilent)
}

func exitCode(err error) int {
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitFailure
}

func usage(err error) error { return fail(exitUsage, err) }
