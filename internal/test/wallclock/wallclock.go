// Package wallclock runs a program whose wall clock can be set back and forth while it works, and nobody else's with it:
// Linux has no such thing (time namespaces shift the monotonic clocks only), and libfaketime does not reach Go.
//
// The program is started without the vDSO, so that each reading of a clock is a system call, and with a seccomp filter
// that hands readings of CLOCK_REALTIME, and of no other clock, to this process, which answers with the true time plus
// the offset. The monotonic clock, timers and files' dates stay true. Amd64 and arm64, kernel 5.19 or newer.
package wallclock

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Clock is the wall clock of the programs started with it. The zero value shows the true time.
type Clock struct{ offset atomic.Int64 } // ns

// Set makes the clock show the true time plus offset, from now on.
func (c *Clock) Set(offset time.Duration) { c.offset.Store(int64(offset)) }

// helper is the argument by which a program that imports this package knows that it is to become another one.
const helper = "--under-a-wall-clock-of-its-own"

// init turns this program, where Start started it as the helper, into the program wanted.
func init() {
	if len(os.Args) > 2 && os.Args[1] == helper {
		runtime.LockOSThread() // the filter is this thread's, and so is the exec
		fmt.Fprintln(os.Stderr, "wallclock:", become(os.Args[2:]))
		os.Exit(127)
	}
}

// Start starts cmd, whose Path must be absolute, under the clock.
func (c *Clock) Start(cmd *exec.Cmd) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("wallclock: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer ours.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd.Args = append([]string{self, helper, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = self
	cmd.ExtraFiles = append([]*os.File{theirs}, cmd.ExtraFiles...)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &unix.SysProcAttr{}
	}
	cmd.SysProcAttr.Ptrace = true // stops at each exec; ends with the second
	runtime.LockOSThread()        // a tracer is a thread
	defer runtime.UnlockOSThread()
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return fmt.Errorf("wallclock: %w", err)
	}
	listener, err := hand(cmd.Process.Pid, ours)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("wallclock: %w", err)
	}
	go c.answer(listener)
	return nil
}

// hand leads the child over its two execs, takes the vDSO from the second, and receives the filter's listener.
func hand(pid int, from *os.File) (listener int, err error) {
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, 0, nil); err != nil || !status.Stopped() {
		return 0, fmt.Errorf("the helper does not start: %v, %v", status, err)
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACEEXEC|unix.PTRACE_O_EXITKILL); err != nil {
		return 0, err
	}
	received := make(chan int, 1)
	go func() { received <- receive(from) }()
	for signal := 0; ; signal = int(status.StopSignal()) {
		if signal == int(unix.SIGTRAP) {
			signal = 0
		}
		if err := unix.PtraceCont(pid, signal); err != nil {
			return 0, err
		}
		if _, err := unix.Wait4(pid, &status, 0, nil); err != nil {
			return 0, err
		}
		switch {
		case status.Exited() || status.Signaled():
			return 0, fmt.Errorf("the program does not start: status %#x", int(status))
		case status.TrapCause() == unix.PTRACE_EVENT_EXEC:
			if err := hideVDSO(pid); err != nil {
				return 0, err
			}
			if listener = <-received; listener < 0 {
				return 0, errors.New("the helper sends no listener")
			}
			return listener, unix.PtraceDetach(pid)
		}
	}
}
