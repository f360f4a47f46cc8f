package runtimes

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
)

// entry is a file in a wheel.
type entry struct{ name, content string }

// wheel makes a wheel and what is to be known of it.
func wheel(t *testing.T, project string, entries ...entry) (Wheel, []byte) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(b.Bytes())
	return Wheel{project, project + "-1.whl", int64(b.Len()), hex.EncodeToString(digest[:])}, b.Bytes()
}

// registry serves wheels as PEP 691 has it, and whatever change makes of one.
func registry(t *testing.T, wheels map[string][]byte, change func([]byte) []byte) Source {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for project, content := range wheels {
		mux.HandleFunc("/simple/"+project+"/", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept") != "application/vnd.pypi.simple.v1+json" {
				http.Error(w, "HTML is not spoken here", http.StatusNotAcceptable)
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"files": []map[string]string{{"filename": project + "-1.whl", "url": server.URL + "/files/" + project}}})
		})
		mux.HandleFunc("/files/"+project, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(change(content)) })
	}
	return Source{Registry: server.URL + "/simple"}
}

func asItIs(b []byte) []byte { return b }

// TestInstall: the libraries of all wheels lie in one folder, each once, the runtime has its plain name, and what is to be
// loaded first is written down. A second install takes the first one's place.
func TestInstall(t *testing.T) {
	ort, ortBytes := wheel(t, "ort", entry{"onnxruntime/capi/libonnxruntime.so.1.99.0", "runtime"}, entry{"onnxruntime/capi/libonnxruntime_providers_cuda.so", "provider"},
		entry{"onnxruntime/capi/onnxruntime_pybind11_state.so", "python"}, entry{"onnxruntime/__init__.py", "import os"})
	lib, libBytes := wheel(t, "lib", entry{"nvidia/lib/libcudart.so.13", "cuda"}, entry{"nvidia/lib/libcudart.so.13.1", "cuda"}, entry{"nvidia/include/cuda.h", "x"})
	from := registry(t, map[string][]byte{"ort": ortBytes, "lib": libBytes}, asItIs)
	told := 0
	from.Progress = func(Wheel, int64, int64) { told++ }
	dir := filepath.Join(t.TempDir(), "runtime")
	b := Build{Name: "cuda", Version: "1.99.0", Provider: "cuda", Wheels: []Wheel{ort, lib}, Preload: []string{"libcudart.so"}}
	for range 2 {
		library, err := Install(t.Context(), b, dir, from)
		if err != nil || library != filepath.Join(dir, "cuda", "libonnxruntime.so") {
			t.Fatal(library, err)
		}
	}
	content := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, "cuda", name))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	}
	for name, want := range map[string]string{"libonnxruntime.so": "runtime", "libonnxruntime_providers_cuda.so": "provider",
		"libcudart.so.13": "cuda", "libcudart.so.13.1": "cuda", infer.PreloadFile: "libcudart.so.13\n"} {
		if got := content(name); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, "cuda")); len(entries) != 6 {
		t.Errorf("in the folder: %v", entries)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if told == 0 {
		t.Error("nothing was told meanwhile")
	}
}

// TestNotInstalled: what is not the file that was chosen, or holds what it should not, leaves the folder as it was.
func TestNotInstalled(t *testing.T) {
	good, goodBytes := wheel(t, "ort", entry{"capi/libonnxruntime.so.1", "runtime"})
	twice, twiceBytes := wheel(t, "ort", entry{"a/libonnxruntime.so.1", "one"}, entry{"b/libonnxruntime.so.1", "other"})
	none, noneBytes := wheel(t, "ort", entry{"a/libother.so", "one"})
	notZip := Wheel{"ort", "ort-1.whl", 5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
	for _, c := range []struct {
		name    string
		wheel   Wheel
		bytes   []byte
		change  func([]byte) []byte
		preload []string
		want    string
	}{
		{"another byte", good, goodBytes, func(b []byte) []byte {
			b = slices.Clone(b)
			b[len(b)/2] ^= 1
			return b
		}, nil, "SHA-256 is "},
		{"cut off", good, goodBytes, func(b []byte) []byte { return b[:len(b)-3] }, nil, "bytes or more, want "},
		{"longer", good, goodBytes, func(b []byte) []byte { return append(slices.Clone(b), "and so on"...) }, nil, "bytes or more, want "},
		{"a name twice", twice, twiceBytes, asItIs, nil, "a library of that name was there before"},
		{"no runtime", none, noneBytes, asItIs, nil, "no libonnxruntime.so is in it"},
		{"no archive", notZip, []byte("hello"), asItIs, nil, "zip: not a valid zip file"},
		{"nothing to preload", good, goodBytes, asItIs, []string{"libcudart.so"}, "no libcudart.so is in it"},
		{"not listed", Wheel{"ort", "ort-2.whl", 1, ""}, goodBytes, asItIs, nil, "does not list it any more"},
		{"no such project", Wheel{"other", "other-1.whl", 1, ""}, goodBytes, asItIs, nil, "404 Not Found"},
	} {
		dir := t.TempDir()
		kept := filepath.Join(dir, "cpu")
		if err := os.Mkdir(kept, 0o700); err != nil {
			t.Fatal(err)
		}
		b := Build{Name: "cpu", Provider: "cpu", Wheels: []Wheel{c.wheel}, Preload: c.preload}
		_, err := Install(t.Context(), b, dir, registry(t, map[string][]byte{"ort": c.bytes}, c.change))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		entries, _ := os.ReadDir(dir)
		inside, _ := os.ReadDir(kept)
		if len(entries) != 1 || len(inside) != 0 {
			t.Errorf("%s: the folder is not as it was: %v, %v", c.name, entries, inside)
		}
	}
}

// TestFromFolder: wheels that are there already need no network; one that tries all the same is refused without TLS.
func TestFromFolder(t *testing.T) {
	w, content := wheel(t, "ort", entry{"capi/libonnxruntime.so.1", "runtime"})
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, w.File), content, 0o600); err != nil {
		t.Fatal(err)
	}
	b := Build{Name: "cpu", Provider: "cpu", Wheels: []Wheel{w}}
	if _, err := Install(t.Context(), b, t.TempDir(), Source{Folder: folder}); err != nil {
		t.Error(err)
	}
	_, err := Install(context.Background(), b, t.TempDir(), Source{Registry: "http://192.0.2.1/simple"})
	if err == nil || !strings.Contains(err.Error(), "want one that begins with https://") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	for arch, names := range builds {
		for name := range names {
			b, err := Find(name, arch)
			if err != nil || b.Size() < 10<<20 || b.Provider == "" {
				t.Errorf("%s %s: %+v, %v", arch, name, b, err)
			}
			for _, w := range b.Wheels {
				if digest, err := hex.DecodeString(w.SHA256); err != nil || len(digest) != 32 || !strings.HasSuffix(w.File, ".whl") {
					t.Errorf("%s %s: %+v", arch, name, w)
				}
			}
		}
	}
	if _, err := Find("metal", "amd64"); err == nil || !strings.Contains(err.Error(), "want one of cpu, cuda, openvino") {
		t.Error(err)
	}
}
