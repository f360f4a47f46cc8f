package cli

import (
	"errors"
	"net/url"

	"earshot/daemon"
	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/mqtt"
	"earshot/daemon/source"
	"earshot/infer"
	"earshot/internal/audio"
)

// errSilent is a failure whose reasons have been printed already.
var errSilent = errors.New("")

// classifyError gives an error of the daemon its exit code.
func classifyError(err error) error {
	var already *exitError
	var issues config.Errors
	var issue config.Issue
	var model engine.Error
	var audible source.Error
	var broker mqtt.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &already):
		return err
	case errors.As(err, &issues), errors.As(err, &issue):
		return fail(exitConfig, err)
	case errors.As(err, &model), errors.Is(err, infer.ErrNoLibrary):
		return fail(exitModel, err)
	case errors.Is(err, capture.ErrHung), errors.Is(err, daemon.ErrStuck):
		return fail(exitHang, err)
	case errors.As(err, &broker):
		return fail(exitBroker, err)
	case errors.As(err, &audible), errors.Is(err, capture.ErrNoDevice), errors.Is(err, capture.ErrTaken), errors.Is(err, audio.ErrNotAudio):
		return fail(exitAudio, err)
	}
	return fail(exitFailure, err)
}

func hostPort(address string) (host, port string, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", "", false
	}
	if port = u.Port(); port == "" {
		port = "1883"
	}
	return u.Hostname(), port, true
}
