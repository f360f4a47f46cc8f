package wallclock

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"earshot/internal/test/skip"
)

// reader makes the test's program one that tells the time, wall and monotonic, in seconds, whenever it is asked to.
const reader = "EARSHOT_WALLCLOCK_READER"

func TestMain(m *testing.M) {
	if os.Getenv(reader) == "" {
		os.Exit(m.Run())
	}
	began := time.Now()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		now := time.Now()
		fmt.Println(float64(now.UnixNano())/1e9, now.Sub(began).Seconds())
	}
}

// TestSet: a Go program's wall clock goes back and forth by an hour; its monotonic clock does not.
func TestSet(t *testing.T) {
	if os.Getuid() != 0 {
		skip.Now(t, "only root may trace another program here")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), reader+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	var c Clock
	if err := c.Start(cmd); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	began := time.Now()
	for _, offset := range []time.Duration{0, time.Hour, -time.Hour, 0} {
		c.Set(offset)
		fmt.Fprintln(in)
		if !lines.Scan() {
			t.Fatal("the program does not answer")
		}
		var wall, mono float64
		if _, err := fmt.Sscan(lines.Text(), &wall, &mono); err != nil {
			t.Fatal(err)
		}
		off := wall - float64(time.Now().UnixNano())/1e9 - offset.Seconds()
		if off < -600 || off > 600 {
			t.Errorf("at %v the wall clock is %.3f s off", offset, off)
		}
		if most := time.Since(began).Seconds() + 600; mono < 0 || mono > most {
			t.Errorf("at %v the monotonic clock shows %.3f s, the test has lasted %.3f s", offset, mono, most-600)
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
