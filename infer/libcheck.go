package infer

import (
	"debug/elf"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"earshot/internal/readfile"
)

// The oldest ONNX Runtime whose C API holds what onnxruntime_go asks for.
const (
	minMajor = 1
	minMinor = 24
)

// checkLibrary tells, without loading it, whether a file is an ONNX Runtime
// that this process can load: an ELF shared object for this processor that
// exports OrtGetApiBase, 1.24 or newer. The version is read from the symbol
// version (VERS_1.30.0) that the runtime's linker script sets. Loading an old
// library to ask it would print to stderr and leave it half open.
func checkLibrary(path string) error {
	file, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return pathCause(err)
	}
	defer file.Close()
	f, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("not a shared library: %v", err)
	}
	if want, ok := elfMachines[runtime.GOARCH]; ok && f.Machine != want {
		return fmt.Errorf("made for %v, and this binary is %v (linux/%s)", f.Machine, want, runtime.GOARCH)
	}
	if f.Type != elf.ET_DYN {
		return fmt.Errorf("not a shared library, ELF type %v", f.Type)
	}
	if err := exportsAPI(f); err != nil {
		return err
	}
	version := libraryVersion(f)
	if version == "" {
		return nil // built without symbol versions: Init asks the library itself
	}
	return checkVersion(version)
}

var elfMachines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM, "riscv64": elf.EM_RISCV,
}

// exportsAPI holds that the library has the one symbol that the binding looks up.
func exportsAPI(f *elf.File) error {
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("not a shared library with symbols: %v", err)
	}
	for _, s := range symbols {
		if s.Name == "OrtGetApiBase" && s.Section != elf.SHN_UNDEF {
			return nil
		}
	}
	return errors.New("a shared library, but not ONNX Runtime: it has no OrtGetApiBase")
}

// libraryVersion reads "1.30.0" from the library's version definitions, "" when it has none.
func libraryVersion(f *elf.File) string {
	versions, err := f.DynamicVersions()
	if err != nil {
		return ""
	}
	for _, v := range versions {
		if s, ok := strings.CutPrefix(v.Name, "VERS_"); ok {
			return s
		}
	}
	return ""
}

// checkVersion holds that "major.minor[.patch]" is new enough.
func checkVersion(version string) error {
	major, minor, err := splitVersion(version)
	if err != nil {
		return err
	}
	if major < minMajor || major == minMajor && minor < minMinor {
		return fmt.Errorf("ONNX Runtime %s is too old, earshot needs %d.%d or newer", version, minMajor, minMinor)
	}
	return nil
}

func splitVersion(version string) (major, minor int, err error) {
	a, rest, _ := strings.Cut(version, ".")
	b, _, _ := strings.Cut(rest, ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if err := errors.Join(err1, err2); err != nil {
		return 0, 0, fmt.Errorf("unreadable ONNX Runtime version %q, want major.minor.patch", version)
	}
	return major, minor, nil
}
