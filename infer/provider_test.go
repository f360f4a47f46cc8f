package infer

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/testmodel"
)

// fake is a network that a test times: each run takes so long and gives this score.
type fake struct {
	c      candidate
	took   time.Duration
	score  float32
	closed *[]candidate
}

func (f fake) trial() ([]float32, error) {
	time.Sleep(f.took)
	return []float32{f.score}, nil
}
func (f fake) Close() { *f.closed = append(*f.closed, f.c) }

func TestChooseProvider(t *testing.T) {
	broken := errors.New("driver\n  too old")
	slow, quick := 20*time.Millisecond, time.Duration(0)
	for _, c := range []struct {
		name  string
		want  string
		works map[string]fake // those that open
		got   string
		why   map[string]string // of the rejected, a part
		err   string
	}{
		{"the fastest", "auto", map[string]fake{"cuda": {took: quick}, "openvino (CPU)": {took: slow}, "cpu": {took: slow}}, "cuda",
			map[string]string{"openvino": "driver too old", "openvino (CPU)": "slower: ", "cpu": "slower: "}, ""},
		{"the processor is faster", "auto", map[string]fake{"cuda": {took: slow}, "cpu": {took: quick}}, "cpu",
			map[string]string{"openvino": "driver too old", "cuda": "slower: "}, ""},
		{"fast and wrong", "auto", map[string]fake{"openvino (CPU)": {took: quick, score: 0.002}, "cpu": {took: slow}}, "cpu",
			map[string]string{"cuda": "driver too old", "tensorrt": "driver too old", "openvino": "driver too old", "openvino (CPU)": "its scores are not the CPU's: 0.002 apart"}, ""},
		{"no number", "auto", map[string]fake{"openvino (CPU)": {score: float32(math.NaN())}, "cpu": {took: slow}}, "cpu",
			map[string]string{"cuda": "driver", "tensorrt": "driver", "openvino": "driver", "openvino (CPU)": "its scores are not the CPU's: NaN"}, ""},
		{"TensorRT without CUDA", "auto", map[string]fake{"tensorrt": {took: quick}, "cpu": {took: slow}}, "tensorrt",
			map[string]string{"cuda": "driver too old", "openvino": "driver too old", "cpu": "slower: "}, ""},
		{"the processor alone", "auto", map[string]fake{"cpu": {}}, "cpu", map[string]string{"cuda": "driver too old", "tensorrt": "driver too old", "openvino": "driver too old"}, ""},
		{"none", "auto", nil, "", map[string]string{"cuda": "", "tensorrt": "", "openvino": "", "cpu": ""}, "no provider can run it: cuda: driver too old; tensorrt"},
		{"by name", "openvino", map[string]fake{"openvino (CPU)": {took: slow}, "cpu": {}}, "openvino (CPU)", nil, ""},
		{"by name, broken: no falling back", "cuda", map[string]fake{"cpu": {}}, "", nil, "provider cuda: driver too old"},
		{"unknown", "tpu", nil, "", nil, `provider "tpu" is not known, want auto or one of cuda, tensorrt, openvino, cpu`},
	} {
		var closed []candidate
		s, rejected, err := choose(c.want, "", "", func(p candidate) (fake, error) {
			f, ok := c.works[p.String()]
			if !ok {
				return fake{}, broken
			}
			f.c, f.closed = p, &closed
			return f, nil
		})
		if s.c.String() != c.got {
			t.Errorf("%s: %q, want %q", c.name, s.c, c.got)
		}
		why := map[string]string{}
		for _, r := range rejected {
			why[r.Provider] = r.Why
		}
		if len(why) != len(c.why) || len(rejected) != len(c.why) {
			t.Errorf("%s: rejected %v, want %v", c.name, rejected, c.why)
		}
		for provider, want := range c.why {
			if !strings.Contains(why[provider], want) {
				t.Errorf("%s: %s rejected for %q, want %q", c.name, provider, why[provider], want)
			}
		}
		if c.want == Auto && err == nil && len(closed) != len(c.works)-1 {
			t.Errorf("%s: closed %v, want all but one", c.name, closed)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

// TestChoiceIsRemembered: what was found is not found out again; another key, or one that does not open any more, is.
func TestChoiceIsRemembered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cache", "provider.json")
	var closed, asked []candidate
	gone := ""
	find := func(key string) (string, []Rejection) {
		t.Helper()
		asked = nil
		s, rejected, err := choose(Auto, file, key, func(p candidate) (fake, error) {
			asked = append(asked, p)
			if p.provider == gone || p.provider != "openvino" && p.provider != "cpu" {
				return fake{}, errors.New("none")
			}
			f := fake{c: p, closed: &closed}
			if p.provider == "cpu" {
				f.took = 20 * time.Millisecond
			}
			return f, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return s.c.provider, rejected
	}
	first, why := find("a")
	if first != "openvino" || len(asked) != len(candidates) {
		t.Errorf("%s after %v", first, asked)
	}
	if again, whyAgain := find("a"); again != first || len(asked) != 1 || !reflect.DeepEqual(why, whyAgain) {
		t.Errorf("%s after %v, %v", again, asked, whyAgain)
	}
	if find("b"); len(asked) != len(candidates) {
		t.Errorf("another network was not tried: %v", asked)
	}
	gone = "openvino"
	if now, _ := find("a"); now != "cpu" {
		t.Errorf("%s, which is gone", now)
	}
	write(t, filepath.Dir(file), "provider.json", `{"a": {"provider": "../x"}}`)
	if now, _ := find("a"); now != "cpu" {
		t.Errorf("%s from a file that is not ours", now)
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
