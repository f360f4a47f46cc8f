package source

import (
	"fmt"
	"os"
	"strconv"

	"earshot/daemon/capture"
	"earshot/daemon/config"
)

// KindDemo is the bundled recording; it cannot be configured, only come about when there is nothing else.
const KindDemo = "demo"

// Means are what captures are made with, from outside.
type Means struct {
	Patient bool                                                                // a microphone that is not there at the start is waited for
	Stdin   *os.File                                                            // for sources of kind stdin; nil = standard input
	Demo    func(rate int, onState func(capture.State)) (capture.Source, error) // the bundled recording
}

// build makes the capture of a configured source at the given rate in Hz.
func (m Means) build(c config.Source, rate int, onState func(capture.State)) (capture.Source, error) {
	channel := 0 // mix
	if text := config.Or(c.Channel, "mix"); text != "mix" {
		channel, _ = strconv.Atoi(text) // the configuration has checked it
	}
	pcm := capture.PCM{
		Format:   config.Or(c.Format, config.DefaultFormat),
		Rate:     config.Or(c.Rate, config.DefaultRate),
		Channels: config.Or(c.Channels, 1),
		Channel:  channel,
	}
	switch c.Kind {
	case KindDemo:
		return m.Demo(rate, onState)
	case config.KindPortAudio:
		return capture.NewPortAudio(capture.PortAudioConfig{
			Device:  config.Or(c.Device, ""),
			Rate:    rate,
			Channel: channel,
			Latency: config.Or(c.Latency, config.DefaultLatency),
			Patient: m.Patient,
			OnState: onState,
		})
	case config.KindFile:
		return capture.NewFile(capture.FileConfig{
			Paths:    c.Paths,
			Rate:     rate,
			Channel:  channel,
			Loop:     config.Or(c.Loop, false),
			Realtime: config.Or(c.Realtime, true),
			OnState:  onState,
		})
	case config.KindStdin:
		return capture.NewStdin(capture.StdinConfig{PCM: pcm, Rate: rate, Input: m.Stdin, OnState: onState})
	case config.KindCommand:
		env, err := Environment(c)
		if err != nil {
			return nil, err
		}
		return capture.NewCommand(capture.CommandConfig{
			Argv:    c.Command,
			Env:     env,
			PCM:     pcm,
			Rate:    rate,
			Backoff: config.Or(c.Restart, config.DefaultRestart),
			OnState: onState,
		})
	}
	panic("source: source of kind " + c.Kind)
}

// Environment is what a command gets besides the daemon's own: plain values, and secrets from files.
func Environment(c config.Source) ([]string, error) {
	var env []string
	for name, value := range c.Env {
		env = append(env, name+"="+value)
	}
	for name, path := range c.EnvFiles {
		value, err := config.ReadSecret(path, "")
		if err != nil {
			return nil, fmt.Errorf("source %s: env_files.%s: %w", c.Name, name, err)
		}
		env = append(env, name+"="+value)
	}
	return env, nil
}

// live tells whether a source's sound comes with the clock; waits, whether it can be held back.
func live(c config.Source) bool  { return c.Kind != config.KindFile || config.Or(c.Realtime, true) }
func waits(c config.Source) bool { return c.Kind == config.KindStdin || !live(c) }
