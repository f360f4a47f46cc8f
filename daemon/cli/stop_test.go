package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/daemon/history/store"
	"earshot/internal/test/output"
	"earshot/internal/test/tinysounds"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// hang is a generous guard: what takes longer does not end.
const hang = 2 * time.Minute

// program builds earshot itself.
func program(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "earshot")
	if out, err := exec.Command("go", "build", "-o", path, "earshot").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// commands are the names of all that do something.
func commands(c *cobra.Command) (paths []string) {
	for _, sub := range c.Commands() {
		paths = append(paths, commands(sub)...)
	}
	if c.HasParent() && (c.Runnable() || c.IsAdditionalHelpTopicCommand()) {
		paths = append(paths, strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "))
	}
	return paths
}

// caught is a process in the middle of something.
type caught struct {
	*exec.Cmd
	errs output.Buffer
	ends chan error
}

// calls reports whether a thread waits in a system call on a file descriptor.
func (p *caught) calls(number, fd int) bool {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", p.Process.Pid)) // fails on a bad pattern only
	return slices.ContainsFunc(files, func(path string) bool {
		b, err := os.ReadFile(path)
		return err == nil && strings.HasPrefix(string(b), fmt.Sprintf("%d %#x ", number, fd))
	})
}

// writes reports whether it waits for a reader of its output.
func (p *caught) writes() bool { return p.calls(unix.SYS_WRITE, 1) }

// reads reports whether it waits for its input.
func (p *caught) reads() bool {
	return p.calls(unix.SYS_READ, 0) || p.calls(unix.SYS_SPLICE, 0) || p.calls(unix.SYS_COPY_FILE_RANGE, 0)
}

// muteBroker is one that takes a connection, closes called, and answers nothing.
func muteBroker(t *testing.T) (addr net.Addr, called chan struct{}) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	called = make(chan struct{})
	go func() {
		if c, err := mute.Accept(); err == nil {
			close(called)
			t.Cleanup(func() { c.Close() })
		}
	}()
	return mute.Addr(), called
}

// remember leaves a history with an event in a state folder.
func remember(t *testing.T, dir string) {
	w, _, err := store.Create(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := w.Write(t.Context(), &store.Batch{Events: []store.Event{{Source: "mic", Label: "dog", Onset: now, PeakAt: now, End: now}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// readTestdata writes a copy of a file of testdata that nobody else may read.
func readTestdata(t *testing.T, write func(name, text string) string, name string) (path string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return write(name, string(b))
}

// TestEveryCommandEnds tells each command to end in the middle of what would last for ever: it does, within two seconds,
// or says what it finishes first.
func TestEveryCommandEnds(t *testing.T) {
	bin, dir := program(t), t.TempDir()
	sounds := filepath.Join(dir, "sounds")
	tinysounds.Folder(t, sounds, 12, "low", "high")
	clip := filepath.Join(sounds, "low", "rec_000.wav")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	listening := write("run.yaml", fmt.Sprintf("state_dir: %q\nweb: {listen: ''}\nmqtt: {broker: '', embedded: '127.0.0.1:0'}\nsources: [{name: mic, kind: file, paths: [%q], loop: true}]\n", dir, clip))
	atBroker := func(name string) (path string, called func(*caught) bool) {
		addr, closes := muteBroker(t)
		return write(name, fmt.Sprintf("node: {id: gone}\nstate_dir: %q\nmqtt: {broker: 'tcp://%s'}\n", dir, addr)), func(*caught) bool { return closed(closes) }
	}
	forgetting, forgets := atBroker("forget.yaml")
	looking, looks := atBroker("fleet.yaml")
	pushing, _ := atBroker("push.yaml")
	overlay, key := write("quiet.yaml", "log: {level: warn}\n"), readTestdata(t, write, "fleet_key")
	piped := write("record.yaml", "sources: [{name: mic, kind: stdin}]\n")
	remember(t, dir)
	exists := func(pattern string) func(*caught) bool {
		return func(*caught) bool {
			found, _ := filepath.Glob(filepath.Join(dir, pattern)) // fails on a bad pattern only
			return len(found) > 0
		}
	}
	says := func(text string) func(*caught) bool {
		return func(p *caught) bool { return strings.Contains(p.errs.String(), text) }
	}
	rows := map[string]struct {
		args []string
		busy func(*caught) bool
	}{
		"run":             {[]string{"--config", listening}, says("listening")},
		"classify":        {[]string{"-"}, (*caught).reads},
		"features":        {[]string{"-", "-o", filepath.Join(dir, "x.png")}, (*caught).reads},
		"devices":         {[]string{"--json"}, (*caught).writes},
		"check-config":    {[]string{"--defaults"}, (*caught).writes},
		"privacy":         {[]string{"--config", listening}, (*caught).writes},
		"forget":          {[]string{"--config", forgetting}, forgets},
		"fleet":           {[]string{"--config", looking}, looks},
		"fleet push":      {[]string{overlay, "--to", "*", "--key", key, "--config", pushing}, (*caught).writes},
		"runtime":         {nil, (*caught).writes},
		"runtime install": {[]string{"cuda", "--dir", filepath.Join(dir, "runtimes")}, (*caught).writes},
		"teach":           {[]string{sounds, "--config", listening, "--cache", filepath.Join(dir, "cache")}, (*caught).writes},
		"history":         {[]string{"--config", listening}, (*caught).writes},
		"tune":            {[]string{"dog", "--json", "--config", listening}, (*caught).writes},
		"feedback":        {[]string{"last", "right", "--config", listening}, (*caught).writes},
		"record":          {[]string{"bell", "--config", piped, "--out", filepath.Join(dir, "mine")}, (*caught).writes},
		"bench":           {[]string{"front"}, exists("earshot-bench-*")},
		"version":         {nil, (*caught).writes},
		"exit-codes":      {nil, (*caught).writes},
		"environment":     {nil, (*caught).writes},
		"configuration":   {nil, (*caught).writes},
		"train":           {[]string{"--data", sounds, "--no-verify", "--cache", filepath.Join(dir, "cache"), "--epochs", "100000", "--out", filepath.Join(dir, "t.onnx")}, (*caught).writes},
		"eval":            {[]string{"--none", sounds}, (*caught).writes},
		"mix":             {[]string{"--clips", sounds, "--minutes", "600", "-o", filepath.Join(dir, "x.flac")}, exists("*x.flac*")},
		"model":           {nil, (*caught).writes},
	}
	for _, name := range commands(newRootCmd(nil)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait out their two seconds
			row, known := rows[name]
			if !known {
				t.Fatal("this command is not in the table")
			}
			p := begin(t, exec.Command(bin, append(strings.Fields(name), row.args...)...), dir)
			p.until(t, row.busy)
			began := time.Now()
			if err := p.Process.Signal(unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case <-p.ends:
				t.Logf("ended %v after the signal: %v", time.Since(began).Round(time.Millisecond), p.ProcessState)
			case <-time.After(3 * maxStopTime):
				if !strings.Contains(p.errs.String(), "it ends when") {
					t.Fatalf("it goes on, and says %q", p.errs.String())
				}
				t.Logf("it says %q", p.errs.String())
				if err := p.Process.Signal(unix.SIGTERM); err != nil {
					t.Fatal(err)
				}
				select {
				case <-p.ends:
				case <-time.After(hang):
					t.Fatal("a second signal does not end it")
				}
			}
		})
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// begin starts a command whose output nobody reads, and whose input does not come.
func begin(t *testing.T, c *exec.Cmd, dir string) *caught {
	p := &caught{Cmd: c, ends: make(chan error, 1)}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	r, w := os.NewFile(uintptr(pipe[0]), "r"), os.NewFile(uintptr(pipe[1]), "w")
	size, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 4096)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, size)); err != nil { // full
		t.Fatal(err)
	}
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout, p.Stderr = w, &p.errs
	p.Env = append(os.Environ(), "TMPDIR="+dir, "XDG_STATE_HOME="+dir)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ends <- p.Wait() }()
	t.Cleanup(func() {
		_ = p.Process.Kill() // fails when it has ended
		r.Close()
		w.Close()
		in.Close()
	})
	return p
}

// until waits for something to be so.
func (p *caught) until(t *testing.T, is func(*caught) bool) {
	for end := time.Now().Add(hang); !is(p); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.ends:
			t.Fatalf("it ended before: %v: %s", err, p.errs.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("not in the middle of it within %v: %s", hang, p.errs.String())
		}
	}
}
