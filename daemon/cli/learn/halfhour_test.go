package learn

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"earshot/daemon/halfhour"
	"earshot/daemon/streams"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/testruntime"
	"earshot/train/job"
	"earshot/train/metrics/stream"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	os.Exit(m.Run())
}

// TestHalfHour: both models hear what is bundled; what they told is remembered, for another model in the place of the first too, until a rule
// changes.
func TestHalfHour(t *testing.T) {
	const rate = 44100
	dir := t.TempDir()
	config, memory, hz := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "models", "half_hour.json"), 150.0
	same := func(err error) error { return err }
	s := Shell{Usage: same, BadModel: same, BadConfig: same, BadSound: same, Failed: same,
		Model: func(name string) (*infer.Model, error) {
			labels := map[string][]string{"old.onnx": {"dog", "rain", "background"}, "new.onnx": {"bell", "dog", "rain", "background"}}[name]
			spec := testmodel.New(labels...)
			spec.Metadata["front_end"] = gammatone.Default().Fingerprint()
			return infer.ParseModel(name, spec.Bytes())
		},
		HalfHour: func(dir string) ([]string, error) {
			x := make([]float32, 8*rate)
			for i := range x {
				x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/rate))
			}
			path := filepath.Join(dir, "x.wav")
			return []string{path}, audio.WriteWAV16(path, x, rate)
		}}
	hear := func(on float64, before, after string) (told [2]int) {
		t.Helper()
		text := fmt.Sprintf("state_dir: %q\nwatch: {labels: [{label: dog, on: %g, off: 0.3}, {label: rain, on: 0.5, off: 0.3}], groups: []}\nverify: {model: \"off\"}\n", dir, on)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := &cobra.Command{}
		c.SetContext(t.Context())
		half, err := s.halfHour(c, job.Quiet(io.Discard), "", config, 1, memory, before, after)
		if err != nil {
			t.Fatal(err)
		}
		return [2]int{half[0].All.False, half[1].All.False}
	}
	first := hear(0.5, "old.onnx", "new.onnx")
	if first[0] == 0 {
		t.Fatalf("a tone of the dog's tells %v events", first)
	}
	hz = 0
	if again := hear(0.5, "old.onnx", "new.onnx"); again != first {
		t.Errorf("remembered %v, were %v", again, first)
	}
	if swapped := hear(0.5, "new.onnx", "old.onnx"); swapped != [2]int{first[1], first[0]} {
		t.Errorf("the other way round %v, were %v", swapped, first)
	}
	if other := hear(0.6, "old.onnx", "new.onnx"); other != [2]int{} {
		t.Errorf("silence with another rule: %v events", other)
	}
}

// TestJudged: of a label that was taught only what was told in pieces that judge counts, of the others all.
func TestJudged(t *testing.T) {
	judging, err := halfhour.Judging()
	if err != nil {
		t.Fatal(err)
	}
	// The first piece of the speech judges, a minute of it; the second does not.
	events := []stream.Found{{Label: "dog", Onset: 10}, {Label: "dog", Onset: 70}, {Label: "bell", Onset: 10}, {Label: "bell", Onset: 70}, {Label: "bell", Onset: 80}}
	r := &streams.Result{Hours: 0.5, Watched: []string{"dog", "bell"}, All: stream.Counts{False: 5}, Labels: []stream.Counts{{Label: "dog", False: 2}, {Label: "bell", False: 3}},
		Kinds: []streams.Kind{{Told: []streams.Told{{Path: "/tmp/x/speech.ogg", Events: events}}}}}
	if got := judged(r, []string{"bell"}, judging); got.Labels[0].False != 2 || got.Labels[1].False != 1 || got.All.False != 3 || got.Hours != 0.5 {
		t.Errorf("%+v, want both of the dog and one of the bell", got)
	}
	if got := judged(r, nil, judging); got.All.False != 5 {
		t.Errorf("%+v of labels that ship", got)
	}
}
