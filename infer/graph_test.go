package infer

import (
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

// TestGraphThreads: the threads of a training step spin between its operators, those of scoring sleep.
func TestGraphThreads(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]GraphOptions{"1": {Threads: 2}, "0": {Threads: 2, Optimise: true}} {
		opts, err := ort.NewSessionOptions()
		if err != nil {
			t.Fatal(err)
		}
		defer opts.Destroy()
		if err := configureGraph(opts, o); err != nil {
			t.Fatal(err)
		}
		if got, err := opts.GetSessionConfigEntry("session.intra_op.allow_spinning"); got != want || err != nil {
			t.Errorf("%+v: spinning %q, %v; want %q", o, got, err, want)
		}
	}
}
