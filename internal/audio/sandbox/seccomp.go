package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data (linux/seccomp.h); both machines are little-endian.
const (
	dataNumber = 0
	dataArch   = 4
	dataArgs   = 16 // eight bytes each
)

// x32 calls have this bit in their number; the filters know none of them.
const x32 = 0x40000000

const (
	allow  = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// computation lets Go's runtime and a C library compute, read what is open and write: no
// opening, no sockets, no new process, no code that was data.
func computation() []unix.SockFilter {
	p := start()
	for _, nr := range []uint32{
		unix.SYS_READ, unix.SYS_PREAD64, unix.SYS_WRITE, unix.SYS_LSEEK, unix.SYS_FSTAT, unix.SYS_CLOSE,
		unix.SYS_MUNMAP, unix.SYS_MADVISE, unix.SYS_MREMAP, unix.SYS_BRK,
		unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP,
		unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY, unix.SYS_GETRANDOM, unix.SYS_GETPID, unix.SYS_GETTID,
		unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
		unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_MEMBARRIER, unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_CTL,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	} {
		p = append(p, returns(nr, allow)...)
	}
	for _, nr := range []uint32{unix.SYS_MMAP, unix.SYS_MPROTECT} {
		p = append(p, ifBits(nr, 2, unix.PROT_EXEC, refuse, allow)...)
	}
	p = append(p, ifBits(unix.SYS_CLONE, 0, unix.CLONE_THREAD, allow, refuse)...)
	p = append(p, returns(unix.SYS_CLONE3, absent)...) // its arguments cannot be seen; C goes on with clone
	p = append(p, ifEqual(unix.SYS_TGKILL, 0, uint32(os.Getpid()), allow, refuse)...)
	return append(p, give(refuse))
}

// program lets a foreign program do what one that converts a file does.
func program() []unix.SockFilter {
	p := start()
	for _, nr := range []uint32{
		unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_IO_URING_SETUP,
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD,
		unix.SYS_KILL, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_CHROOT, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN,
		unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	} {
		p = append(p, returns(nr, refuse)...)
	}
	return append(p, give(allow))
}

// start refuses the calls of another architecture and loads the call's number.
func start() []unix.SockFilter {
	arch := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	return []unix.SockFilter{
		load(dataArch),
		jump(unix.BPF_JEQ, arch, 1, 0), give(unix.SECCOMP_RET_KILL_PROCESS),
		load(dataNumber),
		jump(unix.BPF_JGE, x32, 0, 1), give(refuse),
	}
}

// returns gives what for the call nr.
func returns(nr, what uint32) []unix.SockFilter {
	return []unix.SockFilter{jump(unix.BPF_JEQ, nr, 0, 1), give(what)}
}

// ifBits gives yes where argument arg of the call nr has any of the bits, else no.
func ifBits(nr, arg, bits, yes, no uint32) []unix.SockFilter {
	return ask(nr, arg, jump(unix.BPF_JSET, bits, 0, 1), yes, no)
}

// ifEqual gives yes where argument arg of the call nr is value (32 bits), else no.
func ifEqual(nr, arg, value, yes, no uint32) []unix.SockFilter {
	return ask(nr, arg, jump(unix.BPF_JEQ, value, 0, 1), yes, no)
}

func ask(nr, arg uint32, question unix.SockFilter, yes, no uint32) []unix.SockFilter {
	return []unix.SockFilter{jump(unix.BPF_JEQ, nr, 0, 4), load(dataArgs + 8*arg), question, give(yes), give(no)}
}

func load(at uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
}

func jump(how uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | how, K: k, Jt: yes, Jf: no}
}

func give(what uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
}

// filter installs p. A kernel that has no such filters, or a service manager that forbids to
// ask, leaves it at the limits.
func filter(p []unix.SockFilter, flags uintptr) error {
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(p)
	if errno != 0 && !lacking(errno) {
		return fmt.Errorf("install a seccomp filter: %w", errno)
	}
	return nil
}

// lacking says whether err is a kernel's, or an outer sandbox's, way to say that it has no such thing.
func lacking(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EOPNOTSUPP)
}
