package wallclock

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is the descriptor by which the helper sends the filter's listener: the first of cmd.ExtraFiles.
const socket = 3

// become puts the filter on this thread, sends its listener, and turns into the program argv.
func become(argv []string) error {
	listener, err := filter()
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	if err := unix.Sendmsg(socket, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("send the listener: %w", err)
	}
	unix.Close(socket)
	unix.Close(listener)
	return unix.Exec(argv[0], argv, os.Environ())
}

// filter asks whoever holds the descriptor returned for every clock_gettime(CLOCK_REALTIME) and gettimeofday.
func filter() (listener int, err error) {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		ret   = unix.BPF_RET | unix.BPF_K
		// Offsets in struct seccomp_data: the number of the call, the lower half of its first argument.
		number, first = 0, 16
	)
	program := []unix.SockFilter{
		{Code: load, K: number},
		{Code: equal, K: unix.SYS_GETTIMEOFDAY, Jt: 4},
		{Code: equal, K: unix.SYS_CLOCK_GETTIME, Jf: 2},
		{Code: load, K: first},
		{Code: equal, K: unix.CLOCK_REALTIME, Jt: 1},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	all := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&all)))
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}

// receive takes the listener from the helper; negative when the helper ended without sending one.
func receive(from *os.File) int {
	data, control := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(int(from.Fd()), data, control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return -1
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 {
		return -1
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1
	}
	return fds[0]
}
