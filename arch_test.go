package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows is the whole import graph that the design allows (docs/architecture.md): package, or "package/..." for
// it and all below it → what of ours it may import. The longest pattern that fits decides.
// Tests are held to it too, but may use what inTests adds and the folders listed in testOnly.
var arrows = map[string][]string{
	"earshot":           {"earshot/daemon/cli"},
	"earshot/systemd":   {"earshot/gammatone", "earshot/infer", "earshot/infer/onnx"},
	"earshot/packaging": {},

	"earshot/ringbuf":       {},
	"earshot/gammatone":     {},
	"earshot/infer":         {"earshot/infer/onnx", "earshot/internal/atomicfile"},
	"earshot/infer/smooth":  {},
	"earshot/infer/cadence": {"earshot/gammatone"},
	"earshot/infer/loud":    {"earshot/gammatone"},
	"earshot/infer/beside":  {"earshot/gammatone", "earshot/infer/cadence", "earshot/infer/loud"},
	"earshot/infer/onnx":    {},
	"earshot/infer/builtin": {},

	"earshot/infer/remote":     {"earshot/infer", "earshot/infer/remote/oip", "earshot/internal/redact"},
	"earshot/infer/remote/oip": {},
	"earshot/infer/runtimes":   {"earshot/infer", "earshot/internal/atomicfile"},
	"earshot/infer/repository": {"earshot/infer", "earshot/infer/onnx", "earshot/internal/atomicfile"},

	"earshot/verify":        {"earshot/verify/logmel", "earshot/internal/audio"},
	"earshot/verify/logmel": {"earshot/internal/spectrum"},

	"earshot/publish":               {"earshot/publish/...", "earshot/internal/redact"},
	"earshot/publish/topic":         {},
	"earshot/publish/address":       {},
	"earshot/publish/guard":         {},
	"earshot/publish/outbox":        {"earshot/publish/topic", "earshot/internal/atomicfile", "earshot/internal/redact"},
	"earshot/publish/homeassistant": {"earshot/publish/topic", "earshot/internal/atomicfile", "earshot/internal/redact"},
	"earshot/publish/mqtt": {"earshot/publish/address", "earshot/publish/topic", "earshot/publish/outbox", "earshot/publish/homeassistant",
		"earshot/publish/guard", "earshot/internal/redact"},
	// train's parts, in the order of its own account of them. Only job knows all.
	"earshot/train":                {"earshot/gammatone", "earshot/infer", "earshot/train/features"},
	"earshot/train/dataset":        {"earshot/internal/audio", "earshot/internal/readfile"}, // which names are a sound file's
	"earshot/train/metrics":        {},                                                      // pure numbers: no sound, no network
	"earshot/train/metrics/stream": {},                                                      // pure numbers too
	"earshot/train/labels":         {"earshot/train/dataset", "earshot/train/metrics/stream"},
	"earshot/train/scene":          {"earshot/internal/atomicfile", "earshot/internal/audio", "earshot/train/dataset", "earshot/train/labels"},
	"earshot/train/features":       {"earshot/gammatone", "earshot/internal/atomicfile", "earshot/internal/audio", "earshot/train/dataset"},
	"earshot/train/augment":        {"earshot/internal/audio", "earshot/train/dataset", "earshot/train/features"},
	"earshot/train/background":     {"earshot/gammatone", "earshot/internal/audio", "earshot/train/dataset", "earshot/train/features", "earshot/train/augment"},
	"earshot/train/takes":          {}, // pure numbers: samples and no files
	"earshot/train/corpus": {"earshot/internal/audio", "earshot/train", "earshot/train/dataset", "earshot/train/features", "earshot/train/augment",
		"earshot/train/background", "earshot/train/takes"},
	"earshot/train/stepgraph":  {"earshot/infer", "earshot/infer/onnx"},
	"earshot/train/acrnn":      {"earshot/infer", "earshot/infer/onnx", "earshot/train/stepgraph"},
	"earshot/train/recipe":     {"earshot/train/acrnn"},
	"earshot/train/batches":    {"earshot/gammatone", "earshot/train", "earshot/train/features", "earshot/train/recipe", "earshot/train/stepgraph"},
	"earshot/train/checkpoint": {"earshot/internal/atomicfile"},
	"earshot/train/trainer": {"earshot/gammatone", "earshot/infer", "earshot/train", "earshot/train/checkpoint",
		"earshot/train/acrnn", "earshot/train/recipe", "earshot/train/batches"},
	"earshot/train/forward": {"earshot/infer"},
	"earshot/train/head": {"earshot/gammatone", "earshot/infer", "earshot/infer/onnx", "earshot/train", "earshot/train/acrnn",
		"earshot/train/recipe", "earshot/train/batches", "earshot/train/features", "earshot/train/forward"},
	"earshot/train/scoring": {"earshot/gammatone", "earshot/infer", "earshot/infer/smooth", "earshot/internal/audio", "earshot/train",
		"earshot/train/features", "earshot/train/augment", "earshot/train/background", "earshot/train/corpus",
		"earshot/train/dataset", "earshot/train/acrnn", "earshot/train/forward", "earshot/train/metrics"},
	"earshot/train/modelfile": {"earshot/gammatone", "earshot/infer", "earshot/infer/onnx", "earshot/train", "earshot/train/dataset",
		"earshot/train/acrnn", "earshot/train/recipe", "earshot/train/forward", "earshot/train/head", "earshot/verify"},
	"earshot/train/card": {"earshot/gammatone", "earshot/infer", "earshot/train/acrnn", "earshot/train/recipe", "earshot/train/head",
		"earshot/train/modelfile", "earshot/verify"},
	"earshot/train/report": {"earshot/gammatone", "earshot/internal/atomicfile", "earshot/train/dataset", "earshot/train/acrnn",
		"earshot/train/metrics", "earshot/train/metrics/stream"}, // HTML: for job and the command line
	"earshot/train/piczak": {"earshot/infer", "earshot/infer/onnx", "earshot/internal/audio", "earshot/internal/jsonfile", "earshot/internal/spectrum", "earshot/train",
		"earshot/train/checkpoint", "earshot/train/dataset", "earshot/train/metrics", "earshot/train/stepgraph"}, // the other network of tables 1 and 2: for job
	"earshot/train/verifier":     {"earshot/verify"},
	"earshot/train/opinion":      {"earshot/infer", "earshot/internal/atomicfile", "earshot/internal/audio", "earshot/train/dataset", "earshot/train/verifier", "earshot/verify"},
	"earshot/train/opinion/tune": {"earshot/infer/smooth", "earshot/train/metrics", "earshot/train/opinion", "earshot/verify"},
	"earshot/train/job":          {"earshot/gammatone", "earshot/infer", "earshot/internal/atomicfile", "earshot/train", "earshot/train/...", "earshot/verify"},

	"earshot/daemon/capture": {"earshot/internal/audio", "earshot/internal/sampletime"},
	"earshot/daemon/capture/...": {"earshot/daemon/capture/...", "earshot/daemon/config", "earshot/ringbuf", "earshot/internal/redact",
		"earshot/internal/audio", "earshot/internal/fairtime", "earshot/internal/sampletime"},
	"earshot/daemon/...": {"earshot/..."},

	"earshot/internal/...":      {},
	"earshot/internal/audio":    {"earshot/internal/atomicfile", "earshot/internal/audio/sandbox", "earshot/internal/audio/sndfile"},
	"earshot/internal/figure":   {"earshot/internal/atomicfile"},
	"earshot/internal/jsonfile": {"earshot/internal/atomicfile"},
	"earshot/internal/test/...": {"earshot/internal/test/...", "earshot/internal/audio", "earshot/infer", "earshot/infer/onnx", "earshot/verify"},
	"earshot/internal/test/engines": {"earshot/daemon/status", "earshot/gammatone", "earshot/infer", "earshot/infer/builtin",
		"earshot/infer/remote", "earshot/internal/audio", "earshot/internal/subscribe", "earshot/internal/test/..."},
	"earshot/internal/test/inferserver":   {"earshot/infer", "earshot/infer/remote/oip"},
	"earshot/internal/test/tones":         {"earshot/gammatone", "earshot/train", "earshot/train/features", "earshot/train/recipe", "earshot/train/acrnn"},
	"earshot/internal/test/learned":       {"earshot/infer", "earshot/internal/test/tones", "earshot/train", "earshot/train/trainer", "earshot/train/acrnn"},
	"earshot/internal/test/faults":        {"earshot/internal/test/...", "earshot/internal/audio", "earshot/internal/subscribe"},
	"earshot/internal/test/sourcetest":    {"earshot/daemon/capture"},
	"earshot/internal/test/sinktest":      {"earshot/daemon/sink", "earshot/daemon/status", "earshot/infer/smooth"},
	"earshot/internal/test/replay":        {"earshot/internal/atomicfile"},
	"earshot/internal/test/browser":       {"earshot/internal/test/...", "earshot/internal/audio"},
	"earshot/internal/test/homeassistant": {"earshot/internal/test/...", "earshot/internal/audio", "earshot/internal/subscribe"},
	"earshot/internal/test/fleet": {"earshot/daemon/config", "earshot/daemon/fleet", "earshot/daemon/models", "earshot/daemon/status", "earshot/infer",
		"earshot/infer/onnx", "earshot/internal/logging", "earshot/internal/subscribe", "earshot/internal/test/...", "earshot/publish"},
	"earshot/internal/test/yamnet": {"earshot/internal/audio", "earshot/internal/figure", "earshot/infer", "earshot/infer/builtin", "earshot/train/dataset"},
	"earshot/internal/test/embed": {"earshot/internal/audio", "earshot/internal/figure", "earshot/infer", "earshot/infer/builtin",
		"earshot/verify", "earshot/verify/logmel"},
}

// inTests is what a package's tests may import beside.
var inTests = map[string][]string{
	"earshot/infer":           {"earshot/gammatone"}, // whose windows are the contract's
	"earshot/infer/onnx":      {"earshot/infer"},     // runs what was written
	"earshot/infer/builtin":   {"earshot/infer", "earshot/train/card", "earshot/internal/figure", "earshot/verify/logmel"},
	"earshot/verify":          {"earshot/infer", "earshot/infer/builtin", "earshot/internal/figure"},
	"earshot/verify/logmel":   {"earshot/internal/figure"},
	"earshot/train/batches":   {"earshot/internal/audio"},
	"earshot/train/trainer":   {"earshot/train/corpus", "earshot/train/scoring"},
	"earshot/train/head":      {"earshot/train/scoring"},
	"earshot/train/modelfile": {"earshot/train/scoring"},
	"earshot/train/scoring":   {"earshot/train/modelfile"},
	"earshot/train/card":      {"earshot/train/dataset"},
	"earshot/train/piczak":    {"earshot/internal/figure"},
	"earshot/train/job":       {"earshot/infer/builtin", "earshot/internal/audio"},
}

// only names the packages (each with all below it) that may import a third-party module, so that each
// foreign interface has a single place where it is understood.
var only = map[string][]string{
	"github.com/yalue/onnxruntime_go":     {"earshot/infer"},
	"github.com/eclipse/paho.mqtt.golang": {"earshot/publish/mqtt", "earshot/internal/subscribe"},
	"github.com/gordonklaus/portaudio":    {"earshot/daemon/capture/portaudio"},
	"github.com/mochi-mqtt/server":        {"earshot/daemon/broker"},
	"github.com/rs/zerolog":               {"earshot/daemon", "earshot/internal/logging"},
	"github.com/spf13/cobra":              {"earshot/daemon/cli"},
	"golang.org/x/crypto":                 {"earshot/daemon/fleet"},
	"google.golang.org/protobuf":          {"earshot/infer/onnx", "earshot/infer/remote"},
	"google.golang.org/grpc":              {"earshot/infer/remote"},
	"go.yaml.in/yaml/v3":                  {"earshot/daemon"},
	"modernc.org/sqlite":                  {"earshot/daemon/history/store"},
	"github.com/chromedp":                 {"earshot/internal/test/browser"},
}

// everywhere is what every package may import: whoever reads a file reads it so.
const everywhere = "earshot/internal/readfile"

// testOnly are packages that nothing but tests may import.
var testOnly = []string{"earshot/internal/test/"}

type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// TestArrows reads the module's import graph from the go command and holds every edge of it against
// the tables above.
func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := lookUp(p.ImportPath)
		if !known {
			t.Errorf("%s is in no row of arrows: say there what it may import", p.ImportPath)
			continue
		}
		for _, edge := range edges(p) {
			row := allowed
			if edge.inTest {
				row = slices.Concat(allowed, inTests[p.ImportPath])
			}
			checkOwn(t, p.ImportPath, row, edge)
			checkForeign(t, p.ImportPath, edge)
		}
	}
}

type edge struct {
	to     string
	inTest bool
}

// edges returns what p imports, its tests' imports marked as such.
func edges(p listed) []edge {
	var all []edge
	for _, to := range p.Imports {
		all = append(all, edge{to, false})
	}
	for _, to := range append(p.TestImports, p.XTestImports...) {
		all = append(all, edge{to, true})
	}
	return all
}

// checkOwn reports an import of one of our packages that the table does not allow.
func checkOwn(t *testing.T, from string, allowed []string, e edge) {
	t.Helper()
	if !strings.HasPrefix(e.to, "earshot/") || e.to == from || e.to == everywhere {
		return
	}
	for _, folder := range testOnly {
		if strings.HasPrefix(e.to, folder) {
			if !e.inTest && !strings.HasPrefix(from, folder) {
				t.Errorf("%s imports %s, which only tests may", from, e.to)
			}
			return
		}
	}
	for _, pattern := range allowed {
		if matches(pattern, e.to) {
			return
		}
	}
	where := ""
	if e.inTest {
		where = " (in a test)"
	}
	t.Errorf("%s imports %s%s; it may import only %q", from, e.to, where, allowed)
}

// checkForeign reports a third-party module used outside the package that owns it. Tests are free:
// a test of the daemon may well subscribe with a client of its own.
func checkForeign(t *testing.T, from string, e edge) {
	t.Helper()
	if e.inTest {
		return
	}
	for module, owners := range only {
		owned := func(owner string) bool { return matches(owner+"/...", from) }
		if matches(module+"/...", e.to) && !slices.ContainsFunc(owners, owned) && !strings.HasPrefix(from, "earshot/internal/test/") {
			t.Errorf("%s imports %s; only %q may", from, e.to, owners)
		}
	}
}

// lookUp finds the row for a package: its own, or the longest "…/..." above it.
func lookUp(path string) (allowed []string, known bool) {
	if row, ok := arrows[path]; ok {
		return row, true
	}
	longest := ""
	for pattern := range arrows {
		if strings.HasSuffix(pattern, "/...") && matches(pattern, path) && len(pattern) > len(longest) {
			longest = pattern
		}
	}
	return arrows[longest], longest != ""
}

// matches reports whether an import path fits a pattern: itself, or "x/..." for x and all below.
func matches(pattern, path string) bool {
	root, below := strings.CutSuffix(pattern, "/...")
	return path == root || below && strings.HasPrefix(path, root+"/")
}

// packages lists the module's packages as the go command sees them.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, errs.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list printed no JSON: %v", err)
		}
		all = append(all, p)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"earshot/infer", "earshot/infer", true},
		{"earshot/infer", "earshot/infer/smooth", false},
		{"earshot/train/...", "earshot/train", true},
		{"earshot/train/...", "earshot/train/job", true},
		{"earshot/train/...", "earshot/trainer", false},
	} {
		if got := matches(c.pattern, c.path); got != c.want {
			t.Errorf("matches(%q, %q) = %v, want %v", c.pattern, c.path, got, c.want)
		}
	}
}
