// Package sandbox takes rights away from the process that calls it, before that reads
// what a stranger made: nothing it is talked into afterwards reaches files, the network or
// other processes, and it ends by itself when it takes too much.
//
// Own is for code of this program, Exec for another program. What applies:
//
//	                    Own                          Exec
//	no new privileges   always                       always
//	rlimits             memory, processor time,      memory, processor time, no core,
//	                    no core, no file written,    no file written, 64 files open
//	                    no file opened
//	seccomp             what a computation needs     all but sockets, tracing, mounting, io_uring …
//	Landlock            (nothing can be opened)      reads its libraries and the given file,
//	                                                 nothing else; no TCP
//
// The first two rows fail when they cannot be had; a kernel without seccomp filters or
// Landlock goes without those.
package sandbox

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Limits is what a process may use from now on.
type Limits struct {
	Memory     uint64 // bytes that it can write to; for Own over what there is already
	CPUSeconds uint64 // processor time; at its end the kernel kills
}

// Own confines the whole calling process, for good. The descriptors that are open stay usable.
func Own(l Limits) error {
	mapped, data, err := mapped()
	if err != nil {
		return err
	}
	if err := common(l, 0); err != nil {
		return err
	}
	if err := memory(mapped+l.Memory, data+l.Memory); err != nil {
		return err
	}
	return filter(computation(), unix.SECCOMP_FILTER_FLAG_TSYNC)
}

// Exec becomes the program at path, confined, which may read the file open at descriptor fd.
// It returns only an error.
func Exec(path string, argv, env []string, fd int, l Limits) error {
	runtime.LockOSThread() // what is taken away is taken from a thread; this one becomes the program
	if err := common(l, 64); err != nil {
		return err
	}
	if err := readOnly(path, fd); err != nil {
		return err
	}
	if err := filter(program(), 0); err != nil {
		return err
	}
	// Last: this program may have more mapped than that already, and when its runtime wants another thread there is none, and it dies.
	// Libraries take address space, and no memory of their own.
	if err := memory(8*l.Memory, l.Memory); err != nil {
		return err
	}
	return fmt.Errorf("start %q: %w", path, unix.Exec(path, argv, env))
}

func common(l Limits, files uint64) error {
	err := limit([]resource{{unix.RLIMIT_CPU, l.CPUSeconds}, {unix.RLIMIT_CORE, 0}, {unix.RLIMIT_FSIZE, 0}, {unix.RLIMIT_NOFILE, files}})
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	return nil
}

// memory limits what is mapped, and what of that can be written to, bytes.
func memory(space, data uint64) error {
	return limit([]resource{{unix.RLIMIT_AS, space}, {unix.RLIMIT_DATA, data}})
}

type resource struct {
	what int // of unix.RLIMIT_…
	most uint64
}

func limit(resources []resource) error {
	for _, r := range resources {
		if err := unix.Setrlimit(r.what, &unix.Rlimit{Cur: r.most, Max: r.most}); err != nil {
			return fmt.Errorf("limit resource %d to %d: %w", r.what, r.most, err)
		}
	}
	return nil
}

// mapped is what this process has mapped, and how much of that it can write to, bytes. (Go reserves a
// lot, and under the race detector terabytes, so a limit makes sense only beyond it.)
func mapped() (space, data uint64, err error) {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, 0, err
	}
	var none uint64
	if _, err := fmt.Sscan(string(b), &space, &none, &none, &none, &none, &data); err != nil {
		return 0, 0, fmt.Errorf("read %q of /proc/self/statm: %w", b, err)
	}
	page := uint64(os.Getpagesize())
	return space * page, data * page, nil
}
