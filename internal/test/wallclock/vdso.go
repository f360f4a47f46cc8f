package wallclock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Types of the kernel's auxiliary vector (linux/auxvec.h).
const (
	auxEnd    = 0
	auxIgnore = 1
	auxVDSO   = 33
)

// hideVDSO takes the address of the vDSO from a program that has not run an instruction yet. Its stack holds, from the
// address in field 28 of /proc/PID/stat: argc, argv, 0, the environment, 0, and pairs of type and value, of 8 bytes each.
func hideVDSO(pid int) error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // from field 3 on
	if len(fields) < 26 {
		return errors.New("/proc/PID/stat is too short")
	}
	at, err := strconv.ParseInt(fields[25], 10, 64)
	if err != nil {
		return err
	}
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	var word [8]byte
	next := func() (v uint64) {
		if err == nil {
			_, err = memory.ReadAt(word[:], at)
			at += 8
		}
		return binary.NativeEndian.Uint64(word[:])
	}
	next()
	for range 2 {
		for err == nil && next() != 0 {
		}
	}
	for err == nil {
		switch next() {
		case auxEnd:
			return errors.New("no vDSO in the auxiliary vector")
		case auxVDSO:
			binary.NativeEndian.PutUint64(word[:], auxIgnore)
			_, err = memory.WriteAt(word[:], at-8)
			return err
		}
		next()
	}
	return err
}
