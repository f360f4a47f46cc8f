package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// litert is the Python process that runs YAMNet.
type litert struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
}

func startLiteRT(root string) (*litert, error) {
	c := exec.Command(filepath.Join(root, "litert", "bin", "python"), "internal/test/yamnet/python/litert.py", root)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return &litert{c, in, json.NewDecoder(out)}, nil
}

// ask sends a request and waits for its answer.
func (l *litert) ask(request map[string]any, answer any) error {
	if err := json.NewEncoder(l.in).Encode(request); err != nil {
		return fmt.Errorf("LiteRT's process: %w", err)
	}
	if err := l.out.Decode(answer); err != nil {
		return fmt.Errorf("LiteRT's process has ended in place of an answer to %v: %w", request, err)
	}
	return nil
}

// measure runs a model, "patch" (the network alone) or "sound" (front end and network), for about so many seconds of the processor's and
// returns what a run took of them, in ms.
func (l *litert) measure(model string, seconds float64) (ms float64, err error) {
	return ms, l.ask(map[string]any{"do": "measure", "model": model, "seconds": seconds}, &ms)
}

// stop ends the process: nothing more is asked.
func (l *litert) stop() {
	l.in.Close()
	_ = l.command.Wait() // how it ends says nothing after its answers
}
