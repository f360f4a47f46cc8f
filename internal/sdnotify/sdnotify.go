// Package sdnotify tells systemd how the daemon is doing: READY, RELOADING, STOPPING, STATUS, WATCHDOG.
// Without systemd every call does nothing.
package sdnotify

import (
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// Notifier sends to $NOTIFY_SOCKET.
type Notifier struct {
	send func(state string)
}

// New makes a notifier; $NOTIFY_SOCKET is read at each message.
func New() *Notifier {
	return &Notifier{send: func(state string) { _, _ = daemon.SdNotify(false, state) }}
}

// Ready says that start-up or a reload is over.
func (n *Notifier) Ready(status string) { n.send("READY=1\nSTATUS=" + line(status)) }

// Reloading says that the configuration is being read again.
func (n *Notifier) Reloading() {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail for this clock
	n.send(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", now.Nano()/1000))
}

// Stopping says that the end has begun.
func (n *Notifier) Stopping() { n.send("STOPPING=1") }

// Status shows a line in "systemctl status".
func (n *Notifier) Status(status string) { n.send("STATUS=" + line(status)) }

// Alive feeds the watchdog.
func (n *Notifier) Alive() { n.send("WATCHDOG=1") }

// Watchdog is how often systemd wants to hear Alive, halved for safety; 0 when it does not.
func Watchdog() time.Duration {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0
	}
	return interval / 2
}

// line keeps a status from being read as a second assignment.
func line(s string) string { return strings.ReplaceAll(s, "\n", " ") }
