package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"earshot/daemon/cli/learn"
	"earshot/internal/fairtime"

	"github.com/spf13/cobra"
)

// stopTime is how long a command may take to end after a signal, in time in which it had a processor.
const stopTime = 1800 * time.Millisecond

// maxStopTime bounds that where the machine is too busy.
const maxStopTime = 5 * stopTime

// stopSignals tell a command to end.
var stopSignals = []os.Signal{os.Interrupt, syscall.SIGTERM}

// stoppable runs the command line with a context that ends with a signal; a second one ends the process at once.
//
// Every command is under this rule, whether or not it looks at its context: it ends within stopTime, or it is one that
// says in its annotation learn.Finishes what it does first, and people are told that. Any other is ended then; what it
// writes it writes to a file beside (internal/atomicfile), so that nothing half-written stands where a whole one should.
func stoppable(root *cobra.Command, stderr io.Writer, exit func(int)) (*cobra.Command, error) {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals...)
	defer stop()
	var running *cobra.Command // written before the command begins, read after ctx has ended
	began := make(chan struct{})
	root.PersistentPreRun = func(c *cobra.Command, _ []string) {
		running = c
		close(began)
	}
	ended := make(chan struct{})
	defer close(ended)
	context.AfterFunc(ctx, func() {
		stop()
		if !inTime(ended) {
			late(running, began, stderr, exit)
		}
	})
	return root.ExecuteContextC(ctx)
}

// inTime reports whether ended is closed within stopTime.
func inTime(ended <-chan struct{}) bool {
	var busy fairtime.Starvation
	busy.Since()
	began, allowed := time.Now(), stopTime
	for time.Since(began) < min(allowed, maxStopTime) {
		select {
		case <-ended:
			return true
		case <-time.After(stopTime / 10):
			allowed += busy.Since()
		}
	}
	return false
}

// late says what a command does yet, or ends it. It never waits for who should read that.
func late(c *cobra.Command, began <-chan struct{}, stderr io.Writer, exit func(int)) {
	select {
	case <-began:
		if first := c.Annotations[learn.Finishes]; first != "" {
			fmt.Fprintf(stderr, "\n%s: it ends when %s; another Ctrl-C ends it now\n", c.CommandPath(), first)
			return
		}
	default:
	}
	said := make(chan struct{})
	go func() {
		fmt.Fprintf(stderr, "\nearshot: told to end, it did not within two seconds: ended all the same\n")
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(stopTime / 20):
	}
	exit(exitHang)
}
