package infer

import (
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

// TestPreload: what is named is loaded from the runtime's folder; a name that leads elsewhere and a library that does not
// load are told on one line.
func TestPreload(t *testing.T) {
	dir := t.TempDir()
	lib := write(t, dir, "libonnxruntime.so", "")
	if err := preloadFor(lib); err != nil {
		t.Errorf("nothing to preload: %v", err)
	}
	write(t, dir, "libbad.so", "no library")
	fifo(t, dir, "libpipe.so")
	for list, want := range map[string]string{
		"":               "",
		"../libc.so.6\n": `"../libc.so.6": want the name of a library in the same folder`,
		"libbad.so\n":    `libbad.so", which does not load: `,
		"libnone.so":     "no such file or directory",
		"libpipe.so":     "it is a named pipe; want a file",
	} {
		write(t, dir, PreloadFile, list)
		err := preloadFor(lib)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
	}
}

// TestPlacement: the runtime itself says that the nodes ran on the provider that was asked for.
func TestPlacement(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	m, err := ParseModel("m.onnx", testmodel.New("a", "b").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	provider, nodes, err := Placement(m, Options{Provider: "cpu"})
	if err != nil || provider != "cpu" || len(nodes) != 1 || nodes["CPUExecutionProvider"] == 0 {
		t.Errorf("%s, %v, %v", provider, nodes, err)
	}
}
