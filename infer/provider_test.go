package infer

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

func TestChooseProvider(t *testing.T) {
	broken := errors.New("driver\n  too old")
	for _, c := range []struct {
		name     string
		want     string
		works    string // providers that open
		got      string
		rejected []string
		err      string
	}{
		{"the best", "auto", "cuda tensorrt openvino cpu", "cuda", nil, ""},
		{"the next best", "auto", "tensorrt cpu", "tensorrt", []string{"cuda"}, ""},
		{"the processor", "auto", "cpu", "cpu", []string{"cuda", "tensorrt", "openvino"}, ""},
		{"none", "auto", "", "", []string{"cuda", "tensorrt", "openvino", "cpu"}, "no provider can run it: cuda: driver"},
		{"by name", "openvino", "cuda openvino cpu", "openvino", nil, ""},
		{"by name, broken: no falling back", "cuda", "cpu", "", nil, "provider cuda: driver"},
		{"unknown", "tpu", "cpu", "", nil, `provider "tpu" is not known, want auto or one of cuda, tensorrt, openvino, cpu`},
	} {
		_, got, rejected, err := choose(c.want, func(p string) (string, error) {
			if strings.Contains(c.works, p) {
				return p, nil
			}
			return "", broken
		})
		var names []string
		for _, r := range rejected {
			names = append(names, r.Provider)
			if r.Why != "driver too old" {
				t.Errorf("%s: why is %q", c.name, r.Why)
			}
		}
		if got != c.got || !reflect.DeepEqual(names, c.rejected) {
			t.Errorf("%s: %q after %v, want %q after %v", c.name, got, names, c.got, c.rejected)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

// With the CPU build of the runtime auto takes the CPU and says why the others
// were passed over; one asked for by name is an error.
func TestProvidersOfThisRuntime(t *testing.T) {
	s := open(t, testmodel.New("a", "b"), Options{})
	if len(s.Rejected) == 0 && s.Provider == "cpu" {
		t.Error("nothing is said about the other providers")
	}
	for _, r := range s.Rejected {
		if !strings.Contains(r.Why, "libonnxruntime_providers_") && !strings.Contains(r.Why, r.Provider) {
			t.Errorf("%+v does not help", r)
		}
		m, err := ParseModel("m.onnx", testmodel.New("a", "b").Bytes())
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewSession(m, Options{Provider: r.Provider})
		if err == nil || !strings.Contains(err.Error(), `model "m.onnx": provider `+r.Provider+": ") {
			t.Errorf("%s by name: %v", r.Provider, err)
		}
	}
}

func TestHaveProvider(t *testing.T) {
	dir := t.TempDir()
	lib := write(t, dir, "libonnxruntime.so", "")
	if err := haveProvider(lib, "cpu"); err != nil {
		t.Error(err)
	}
	err := haveProvider(lib, "cuda")
	want := fmt.Sprintf("no libonnxruntime_providers_cuda.so beside %s: this ONNX Runtime was built without cuda", lib)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	write(t, dir, "libonnxruntime_providers_cuda.so", "")
	write(t, dir, "libonnxruntime_providers_shared.so", "")
	if err := haveProvider(filepath.Join(dir, "libonnxruntime.so"), "cuda"); err != nil {
		t.Error(err)
	}
}

// A provider's library that does not load is the runtime's error, on one line, and no crash.
func TestBrokenProviderLibrary(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	if haveProvider(RuntimePath(), "cuda") == nil {
		t.Log("this runtime brings CUDA; nothing to break")
		return
	}
	err := errors.New("/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() " +
		"[ONNXRuntimeError] : 1 : FAIL : Failed to load library libonnxruntime_providers_cuda.so\n with error: libcudart.so.12: cannot open shared object file")
	if got := oneLine(err); got != "Failed to load library libonnxruntime_providers_cuda.so with error: libcudart.so.12: cannot open shared object file" {
		t.Errorf("%q", got)
	}
	if got := oneLine(errors.New(strings.Repeat("é", 1000))); len(got) > 310 || !strings.HasSuffix(got, "é…") {
		t.Errorf("%q", got)
	}
}
