package infer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

// Auto is the provider setting that takes the fastest one that loads and scores as the CPU does.
const Auto = "auto"

// Providers are the execution providers that can be asked for by name, in the
// order in which auto tries them. TensorRT comes after CUDA although it may run
// faster: it compiles the model for seconds to minutes at every start, which
// pays for large networks only. CPU is always there, so auto never fails for
// want of one.
var Providers = []string{"cuda", "tensorrt", "openvino", "cpu"}

// candidate is a provider with the device that it is told to compute on.
type candidate struct{ provider, device string }

// candidates are what auto chooses from, in the order of [Providers]; a provider that is asked for by name takes its first
// that opens. OpenVINO's device is named: with AUTO it leaves every node to the CPU provider, and says nothing (1.24.1).
var candidates = []candidate{{"cuda", ""}, {"tensorrt", ""}, {"openvino", "GPU"}, {"openvino", "CPU"}, {"cpu", ""}}

// String is the candidate as the log and the status name it.
func (c candidate) String() string {
	if c.device == "" {
		return c.provider
	}
	return c.provider + " (" + c.device + ")"
}

// onProcessor tells whether the processor computes, to which large batches are no help.
func (c candidate) onProcessor() bool { return c.provider == "cpu" || c.device == "CPU" }

// Rejection is a provider that auto could not use.
type Rejection struct {
	Provider string
	Why      string // one line
}

// file is a model as it stands in a file or in the program.
type file struct {
	kind, name string // kind is a key of kinds
	bytes      []byte
	sum        string // SHA-256
	foreign    bool
}

// network is what a provider runs: it can be tried out on a fixed input, and closed.
type network interface {
	// trial runs the network once and returns a copy of its outputs that are probabilities.
	trial() ([]float32, error)
	Close()
}

// load checks what every network needs before it is loaded, and loads it with the best provider that o allows.
func load[S network](f file, o Options, with func(o Options, c candidate) (S, error)) (s S, rejected []Rejection, err error) {
	if o, err = o.withDefaults(); err != nil {
		return s, nil, fmt.Errorf("inference options: %w", err)
	}
	if len(f.bytes) == 0 {
		return s, nil, fmt.Errorf("model %q: %w", f.name, errNoBytes)
	}
	if RuntimePath() == "" {
		return s, nil, errors.New("ONNX Runtime is not loaded: infer.Init comes first")
	}
	if f.foreign {
		if err := tryOut(f.kind, f.bytes, f.sum); err != nil {
			return s, nil, fmt.Errorf("model %q: %w", f.name, err)
		}
	}
	s, rejected, err = choose(o.Provider, o.Choice, choiceKey(f.bytes, o), func(c candidate) (S, error) { return with(o, c) })
	if err != nil {
		return s, rejected, fmt.Errorf("model %q: %w", f.name, err)
	}
	return s, rejected, nil
}

// ortPrefix is what the runtime puts before its messages: a source file, a
// function's signature, a code.
var ortPrefix = regexp.MustCompile(`(/onnxruntime_src/\S+ .*?)?\[ONNXRuntimeError\] : \d+ : \w+ : `)

// oneLine makes the runtime's errors fit a log line.
func oneLine(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	s = ortPrefix.ReplaceAllString(s, "")
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// sessionOptions sets the runtime up for a small network and a daemon:
//
//   - No spinning: waiting threads sleep; spinning would burn a core for nothing.
//   - A memory arena, without memory pattern. Measured with ACRNN, fp16 weights,
//     resident MB of the whole process at 1, 2, 4, 8 windows a batch: 77, 77, 88,
//     108 with the arena, 81, 118, 111, 190 (peak 219) without: the C library's
//     allocator fragments, and gives slower runs (p99) on top.
//   - Denormals are zero: quiet windows must not be slow windows.
func sessionOptions(o Options, c candidate) (*ort.SessionOptions, error) {
	opts, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	steps := []func() error{
		func() error { return opts.SetIntraOpNumThreads(o.Threads) },
		func() error { return opts.SetInterOpNumThreads(1) },
		func() error { return opts.SetExecutionMode(ort.ExecutionModeSequential) },
		func() error {
			if o.trace == "" {
				return nil
			}
			return opts.EnableProfiling(o.trace)
		},
		func() error { return opts.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll) },
		func() error { return opts.SetCpuMemArena(true) },
		func() error { return opts.SetMemPattern(false) },
		func() error { return opts.AddSessionConfigEntry("session.intra_op.allow_spinning", "0") },
		func() error { return opts.AddSessionConfigEntry("session.set_denormal_as_zero", "1") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			_ = opts.Destroy()
			return nil, fmt.Errorf("session options: %w", err)
		}
	}
	if err := appendProvider(opts, o, c); err != nil {
		_ = opts.Destroy()
		return nil, err
	}
	return opts, nil
}

// appendProvider puts a provider before the CPU, which takes what it leaves.
func appendProvider(opts *ort.SessionOptions, o Options, c candidate) error {
	if err := haveProvider(RuntimePath(), c.provider); err != nil {
		return err
	}
	switch c.provider {
	case "cuda":
		return appendCUDA(opts, o)
	case "tensorrt":
		if err := appendTensorRT(opts, o); err != nil {
			return err
		}
		_ = appendCUDA(opts, o) // for nodes that TensorRT leaves; the CPU does without it
		return nil
	case "openvino":
		device := c.device
		if device == "GPU" && o.DeviceID > 0 {
			device = fmt.Sprintf("GPU.%d", o.DeviceID)
		}
		// What it cannot run would silently be the CPU provider's: then that one may as well have all of it.
		if err := opts.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1"); err != nil {
			return err
		}
		return opts.AppendExecutionProviderOpenVINO(map[string]string{
			"device_type": device, "num_of_threads": strconv.Itoa(o.Threads),
		})
	}
	return nil
}

// haveProvider looks for a provider's library, which lies beside the runtime's
// own. It is what tells a CPU build from a GPU build, in plainer words than the
// runtime's.
func haveProvider(runtimePath, provider string) error {
	if provider == "cpu" {
		return nil
	}
	if real, err := filepath.EvalSymlinks(runtimePath); err == nil {
		runtimePath = real
	}
	dir := filepath.Dir(runtimePath)
	for _, name := range []string{"libonnxruntime_providers_" + provider + ".so", "libonnxruntime_providers_shared.so"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("no %s beside %s: this ONNX Runtime was built without %s", name, runtimePath, provider)
		}
	}
	return nil
}

func appendCUDA(opts *ort.SessionOptions, o Options) error {
	cuda, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer cuda.Destroy()
	err = cuda.Update(map[string]string{
		"device_id":              strconv.Itoa(o.DeviceID),
		"arena_extend_strategy":  "kSameAsRequested",
		"cudnn_conv_algo_search": "HEURISTIC", // the exhaustive search would stall at every new batch size
	})
	if err != nil {
		return err
	}
	return opts.AppendExecutionProviderCUDA(cuda)
}

func appendTensorRT(opts *ort.SessionOptions, o Options) error {
	trt, err := ort.NewTensorRTProviderOptions()
	if err != nil {
		return err
	}
	defer trt.Destroy()
	// One engine for every batch size, instead of one built at each new size.
	shape := func(n int) string { return fmt.Sprintf(o.profile, n) }
	err = trt.Update(map[string]string{
		"device_id":              strconv.Itoa(o.DeviceID),
		"trt_profile_min_shapes": shape(1),
		"trt_profile_opt_shapes": shape(min(2, o.MaxBatch)),
		"trt_profile_max_shapes": shape(o.MaxBatch),
	})
	if err != nil {
		return err
	}
	return opts.AppendExecutionProviderTensorRT(trt)
}
