package sandbox

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"earshot/internal/test/skip"
)

// child names what this program, started again by a test, is to try.
const child = "EARSHOT_SANDBOX_CHILD"

func TestMain(m *testing.M) {
	what := os.Getenv(child)
	if what == "" {
		os.Exit(m.Run())
	}
	limits := Limits{Memory: 512 << 20, CPUSeconds: 60}
	switch what {
	case "program":
		fmt.Println(Exec("/bin/bash", append([]string{"bash", "-c"}, os.Args[1]), []string{"PATH=/usr/bin:/bin"}, 0, limits))
		os.Exit(1)
	case "spin":
		limits.CPUSeconds = 1
	}
	own := Own(limits)
	fmt.Println("own:", own)
	switch what {
	case "spin":
		for i := 0; ; i++ {
			if time.Duration(i) < 0 {
				fmt.Println(i)
			}
		}
	case "memory":
		b := make([]byte, 1<<30)
		fmt.Println("memory:", len(b))
	case "tries":
		tries()
	}
	os.Exit(0)
}

// tries prints what comes of everything that a decoder has no business to do.
func tries() {
	_, err := os.Open("/etc/hostname")
	fmt.Println("open:", err)
	err = os.WriteFile(filepath.Join(os.TempDir(), "earshot-sandbox"), nil, 0o600)
	fmt.Println("write:", err)
	_, err = net.Dial("tcp", "127.0.0.1:1")
	fmt.Println("dial:", err)
	fd, err := unix.Dup(0)
	fmt.Println("dup:", err, fd > 0)
	_, err = syscall.ForkExec("/bin/true", []string{"true"}, nil)
	fmt.Println("fork:", err)
	fmt.Println("exec:", syscall.Exec("/bin/true", []string{"true"}, nil))
	fmt.Println("kill:", syscall.Kill(os.Getppid(), 0))
	fmt.Println("ptrace:", unix.PtraceSeize(os.Getppid()))
	_, err = unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	fmt.Println("code:", err)
	var ring [128]byte
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&ring)), 0)
	fmt.Println("uring:", errno)
	// And what it needs goes on: memory, threads, the descriptors that are open.
	done := make(chan int)
	for range 8 {
		go func() { done <- len(make([]byte, 8<<20)) }()
	}
	sum := 0
	for range 8 {
		sum += <-done
	}
	first := make([]byte, 4)
	n, err := unix.Pread(0, first, 1)
	fmt.Println("works:", sum, n, err, string(first))
}

// again starts this test as the child, with a file on its standard input.
func again(t *testing.T, what string, args ...string) (out string, err error) {
	t.Helper()
	in, err := os.Open(stdinFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), child+"="+what, "MALLOC_ARENA_MAX=1")
	cmd.Stdin = in
	b, err := cmd.CombinedOutput()
	return string(b), err
}

func stdinFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "given")
	if err := os.WriteFile(path, []byte("12345 given"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// seccomp says whether this kernel, and whoever started the test, let a filter be installed.
func seccomp() bool {
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&[]uint32{unix.SECCOMP_RET_ALLOW}[0])))
	return errno == 0
}

// TestOwn: what a decoder does not need is refused, what it needs works.
func TestOwn(t *testing.T) {
	if !seccomp() {
		skip.Now(t, "no seccomp filters here")
	}
	out, err := again(t, "tries")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out, "own: <nil>") || !strings.Contains(out, "works: 67108864 4 <nil> 2345") {
		t.Errorf("confined, it does not work:\n%s", out)
	}
	for _, what := range []string{"open", "write", "dial", "dup", "fork", "exec", "kill", "ptrace", "code", "uring"} {
		_, line, _ := strings.Cut(out, what+": ")
		line, _, _ = strings.Cut(line, "\n")
		if !strings.Contains(line, "operation not permitted") && !strings.Contains(line, "too many open files") {
			t.Errorf("%s: %q; want it refused", what, line)
		}
	}
}

// TestLimits: too much processor time and too much memory end it.
func TestLimits(t *testing.T) {
	out, err := again(t, "spin")
	exit, _ := err.(*exec.ExitError)
	if exit == nil || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("a loop without end: %v, %s; want it killed", err, out)
	}
	out, err = again(t, "memory")
	if err == nil || strings.Contains(out, "memory: ") {
		t.Errorf("1 GiB of 512 MiB: %v\n%s", err, out)
	}
}

// TestExec: another program reads the given file and its libraries, and nothing else.
func TestExec(t *testing.T) {
	if !seccomp() {
		skip.Now(t, "no seccomp filters here")
	}
	_, _, noLandlock := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	secret := stdinFile(t)
	for _, c := range []struct {
		script, says string
		landlock     bool
	}{
		{"cat /proc/self/fd/0", "12345 given", false},
		{"cat " + secret, "Permission denied", true},
		{"ls " + filepath.Dir(secret), "Permission denied", true},
		{"echo x > " + secret, "Permission denied", true},
		{"rm " + secret, "Permission denied", true},
		{"exec 3<>/dev/tcp/127.0.0.1/1", "Operation not permitted", false},
		{"kill -0 1", "Operation not permitted", false},
		{"ulimit -c", "0", false},
		{"ulimit -n", "64", false},
		{"ulimit -f", "0", false},
	} {
		if c.landlock && noLandlock != 0 {
			t.Logf("%s: not tried, this kernel has no Landlock", c.script)
			continue
		}
		out, _ := again(t, "program", c.script)
		if !strings.Contains(out, c.says) {
			t.Errorf("%s: %q, want %q", c.script, out, c.says)
		}
	}
}
