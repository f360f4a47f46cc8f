package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// child is an earshot of its own, run as a user would.
type child struct {
	command *exec.Cmd
	cancel  context.CancelFunc
}

// run starts "earshot run" with a broker of its own and more arguments.
func (s Setup) run(args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append([]string{"run", "--log-level=error", "--set", "state_dir=" + s.Dir}, args...)
	if s.Model != "" {
		args = append(args, "--model", s.Model)
	}
	if s.Verify != "" {
		args = append(args, "--set", "verify.model="+s.Verify)
	}
	if s.Library != "" {
		args = append(args, "--onnxruntime", s.Library)
	}
	ctx, cancel := context.WithCancel(s.Context)
	c := &child{command: exec.CommandContext(ctx, self, args...), cancel: cancel}
	c.command.Stderr = os.Stderr
	c.command.Cancel = func() error { return c.command.Process.Signal(os.Interrupt) }
	c.command.WaitDelay = 10 * time.Second // then it is killed
	if err := c.command.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", self, err)
	}
	return c, nil
}

func (c *child) pid() int { return c.command.Process.Pid }

// stop ends it as Ctrl-C does.
func (c *child) stop() error {
	defer c.cancel()
	_ = c.command.Process.Signal(os.Interrupt) // fails only when it has ended already
	return c.command.Wait()
}

// pause waits; an error when Ctrl-C came first.
func (s Setup) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.Context.Done():
		return s.Context.Err()
	}
}

// freeAddress is a loopback address that nobody uses at this moment.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
