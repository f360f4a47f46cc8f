package infer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"earshot/internal/readfile"
)

// A model file of a few hundred bytes can ask ONNX Runtime for any amount of memory and time: a shape that is computed, an
// Expand, a Loop. The runtime knows no bound, and what a graph takes is not to be read from it. So a model that came from a
// file is first loaded and run in a process of its own, which may take no more than a model can need.

// trialName is what this program is called where it was started for that.
const trialName = "earshot-try"

// Bounds of a trial.
const (
	trialMemory = 192 << 20       // bytes, beyond what the process has with the runtime loaded,
	trialShare  = 4               // and so many for each byte of the file: weights are repacked for speed
	trialCPU    = 60              // seconds of processor time; the built-in model takes 0.3
	trialLimit  = 5 * time.Minute // of the clock, on a machine that is busy
	maxTrialSay = 4 << 10         // bytes of what it says
)

// A program that runs models starts itself anew to try one. That is noticed here, before anything else of it begins: so
// every program that imports this package can, tests too.
func init() {
	if os.Args[0] == trialName && len(os.Args) == 3 {
		if err := beTried(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintf(os.Stderr, "%.300s\n", oneLine(err))
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// trials are what was tried already in this process, by the file's SHA-256: nil is well. A model that was refused is
// tried again: what it wants may be there then.
var trials sync.Map

// tryOut loads and runs a model file of a kind (a key of kinds) in a process of its own.
func tryOut(kind string, file []byte, sum string) error {
	if _, well := trials.Load(sum); well {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), trialLimit)
	defer cancel()
	var says bytes.Buffer
	c := exec.CommandContext(ctx, "/proc/self/exe")
	c.Args = []string{trialName, kind, RuntimePath()}
	// One arena: each thread of the C library would reserve another 64 MiB of address space.
	c.Env = append(os.Environ(), "MALLOC_ARENA_MAX=1", "GOMAXPROCS=1")
	c.Stdin, c.Stderr, c.WaitDelay = bytes.NewReader(file), &says, time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err := c.Run()
	if err == nil {
		trials.Store(sum, true)
		return nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) && ctx.Err() == nil {
		return fmt.Errorf("it cannot be tried in a process of its own: %w", err)
	}
	why, _, _ := strings.Cut(strings.TrimSpace(says.String()[:min(says.Len(), maxTrialSay)]), "\n")
	if exit == nil || exit.ExitCode() != 1 || why == "" {
		why = strings.TrimSuffix(fmt.Sprintf("it ended by %v: %s", err, why), ": ")
	}
	why, _, _ = strings.Cut(why, " Status Message: /onnxruntime_src/") // the place in its source where memory ended
	return fmt.Errorf("refused: tried in a process of its own, which may take %d MB of memory and %d s, %s", trialRoom(len(file))>>20, trialCPU, why)
}

// trialRoom is how much memory a model of so many bytes may take.
func trialRoom(size int) uint64 { return trialMemory + trialShare*uint64(size) }

// kinds are what can be tried: the file, loaded and run on the CPU.
var kinds = map[string]func(file []byte) error{
	"model": func(file []byte) error {
		m, err := ParseModel("", file)
		if err != nil {
			return err
		}
		s, err := openSession(m, Options{Threads: 1, MaxBatch: gpuBatch}, candidate{provider: "cpu"})
		if err != nil {
			return err
		}
		x := make([]float32, gpuBatch*WindowLen)
		for i := range x {
			x[i] = -80 + float32(i%97) // dB, anything but silence
		}
		_, _, err = s.Run(x, gpuBatch)
		return err
	},
	"embedder": func(file []byte) error {
		m, err := ParseEmbedder("", file)
		if err != nil {
			return err
		}
		e, err := openEmbedder(m, Options{Threads: 1}, candidate{provider: "cpu"})
		if err != nil {
			return err
		}
		x := make([]float32, MaxPatches*PatchLen)
		for i := range x {
			x[i] = -6 + float32(i%97)/16 // natural logarithms
		}
		return e.Embed(x, MaxPatches, make([]float32, MaxPatches*EmbeddingLen), nil)
	},
}

// beTried is the process that tries the model on its standard input.
func beTried(kind, library string) error {
	file, err := io.ReadAll(io.LimitReader(os.Stdin, maxModelBytes+1))
	if err != nil {
		return err
	}
	try := kinds[kind]
	if try == nil {
		return fmt.Errorf("nothing is called %q", kind)
	}
	if err := Init(library); err != nil {
		return err
	}
	if err := limitOwn(trialRoom(len(file))); err != nil {
		return fmt.Errorf("limit the memory: %w", err)
	}
	return try(file)
}

// limitOwn bounds what this process may take beyond what it has, for good, and its processor time.
func limitOwn(memory uint64) error {
	const data = 2 // RLIMIT_DATA, which package syscall names for few architectures
	text, err := readfile.Bytes("/proc/self/statm", 4096)
	if err != nil {
		return err
	}
	var space, written, none uint64 // pages
	if _, err := fmt.Sscan(string(text), &space, &none, &none, &none, &none, &written); err != nil {
		return fmt.Errorf("read %q of /proc/self/statm: %w", text, err)
	}
	page := uint64(os.Getpagesize())
	for what, limit := range map[int]uint64{
		syscall.RLIMIT_AS: space*page + memory, data: written*page + memory, syscall.RLIMIT_CPU: trialCPU, syscall.RLIMIT_CORE: 0,
	} {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	return nil
}
