// Package command captures what a program writes, such as ffmpeg reading an IP camera.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/pcm"
	"earshot/daemon/config"

	"golang.org/x/sys/unix"
)

// Config describes a program that writes raw samples to its standard output.
type Config struct {
	capture.Common
	Argv    []string // program and arguments; no shell in between
	Env     []string // "NAME=value", beside those of this process
	PCM     pcm.Layout
	Backoff time.Duration // first pause before a restart, doubled up to a minute; 0 = config.DefaultRestart
	Stall   time.Duration // a program that gives no samples for so long is restarted; 0 = 10 s
}

// Command captures what a child process writes, and keeps it running.
type Command struct {
	cfg    Config
	dec    *pcm.Decoder
	redact *redactor
}

const (
	mostBackoff  = time.Minute
	defaultStall = 10 * time.Second
	// settled is how long a program must have run for its end to be news.
	settled = 30 * time.Second
	// graceTerm is how long a program may take to end after SIGTERM.
	graceTerm = 800 * time.Millisecond
)

// Open makes the source that c configures.
func Open(c config.Source, common capture.Common) (capture.Source, error) {
	env, err := Environment(c)
	if err != nil {
		return nil, err
	}
	return New(Config{Common: common, Argv: c.Command, Env: env, PCM: pcm.LayoutOf(c, common), Backoff: config.Or(c.Restart, 0)})
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

// New returns a source that runs cfg.Argv.
func New(cfg Config) (*Command, error) {
	if len(cfg.Argv) == 0 || cfg.Argv[0] == "" {
		return nil, errors.New("command source: no program; give it and its arguments")
	}
	if cfg.Backoff == 0 {
		cfg.Backoff = config.DefaultRestart
	}
	if cfg.Stall == 0 {
		cfg.Stall = defaultStall
	}
	dec, err := pcm.NewDecoder(cfg.PCM, cfg.Rate)
	if err != nil {
		return nil, fmt.Errorf("command source: %w", err)
	}
	return &Command{cfg, dec, newRedactor(cfg.Argv, cfg.Env)}, nil
}

// name is the program as errors call it: without arguments, which may hold secrets.
func (c *Command) name() string { return "command " + filepath.Base(c.cfg.Argv[0]) }

// Run keeps the program running until ctx ends; then it, and what it started,
// is ended too. A program that cannot be started at all is an error at once.
func (c *Command) Run(ctx context.Context, sink capture.Sink) error {
	// The child is told to die with the thread that started it, so that thread
	// must live as long as this source.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pause := c.cfg.Backoff
	var since time.Time // of the last samples
	for first := true; ; first = false {
		began := time.Now()
		err, delivered := c.once(ctx, sink, &since)
		if ctx.Err() != nil {
			return nil
		}
		if first && errors.Is(err, errNotStarted) {
			return err
		}
		if delivered {
			c.cfg.Report(capture.Lost, err.Error())
		}
		if delivered && time.Since(began) >= settled {
			pause = c.cfg.Backoff
		}
		c.cfg.Report(capture.Recovering, fmt.Sprintf("%v; started again in %v", err, pause))
		if !capture.Sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, max(mostBackoff, c.cfg.Backoff))
	}
}

var errNotStarted = errors.New("cannot be started")

// once runs the program to its end. The error, never nil, says how it ended;
// delivered, whether it gave samples.
func (c *Command) once(ctx context.Context, sink capture.Sink, since *time.Time) (err error, delivered bool) {
	out, in, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", c.name(), err), false
	}
	defer out.Close()
	tail := &tail{redact: c.redact.line}
	cmd := exec.Command(c.cfg.Argv[0], c.cfg.Argv[1:]...)
	cmd.Env = append(os.Environ(), c.cfg.Env...)
	cmd.Stdout, cmd.Stderr = in, tail
	cmd.WaitDelay = graceTerm // for standard error that a grandchild keeps open
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	began := time.Now()
	err = cmd.Start()
	in.Close()
	if err != nil {
		return fmt.Errorf("%s %w: %s", c.name(), errNotStarted, c.redact.line(err.Error())), false
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // what it leaves behind would hold the pipe open
		ended <- err
	}()
	s := pcm.Stream{
		Common: c.cfg.Common, Name: c.name(), FD: int(out.Fd()), Decoder: c.dec, Sink: sink, Stall: c.cfg.Stall,
		GiveUp: true, Online: "reading from " + c.name(), Since: *since,
	}
	err = s.Run(ctx)
	*since = s.Since
	how := end(cmd, ended)
	if err == nil {
		err = fmt.Errorf("%s ended after %.1f s: %v", c.name(), time.Since(began).Seconds(), how)
	}
	if said := tail.String(); said != "" {
		err = fmt.Errorf("%w%s%s", err, itSaid, said)
	}
	return err, s.Samples > 0
}

// end ends the program's process group, politely at first, and returns how the
// program ended.
func end(cmd *exec.Cmd, ended <-chan error) error {
	group := -cmd.Process.Pid
	for _, s := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
		t := time.NewTimer(graceTerm)
		select {
		case err := <-ended:
			t.Stop()
			return status(err)
		default:
			unix.Kill(group, s)
		}
		select {
		case err := <-ended:
			t.Stop()
			return status(err)
		case <-t.C:
		}
	}
	return status(<-ended)
}

// status is err, or words for a clean end.
func status(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
