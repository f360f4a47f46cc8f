package sdnotify

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

func TestMessages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	n := New()
	for _, c := range []struct {
		send func()
		want string
	}{
		{func() { n.Ready("listening\nWATCHDOG=1") }, `^READY=1\nSTATUS=listening WATCHDOG=1$`},
		{n.Reloading, `^RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]+$`},
		{n.Stopping, `^STOPPING=1$`},
		{func() { n.Status("x") }, `^STATUS=x$`},
		{n.Alive, `^WATCHDOG=1$`},
	} {
		c.send()
		buf := make([]byte, 256)
		_ = socket.SetReadDeadline(time.Now().Add(time.Minute))
		k, err := socket.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(buf[:k]); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("got %q, want %s", got, c.want)
		}
	}
}

func TestNothingWithoutSystemd(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	t.Setenv("WATCHDOG_USEC", "")
	New().Ready("nobody listens")
	if Watchdog() != 0 {
		t.Error("a watchdog without systemd")
	}
	t.Setenv("WATCHDOG_USEC", "30000000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	if got := Watchdog(); got != 15*time.Second {
		t.Errorf("watchdog every %v, want 15s", got)
	}
}
