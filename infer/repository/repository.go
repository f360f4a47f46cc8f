// Package repository writes a model as inference servers want to find it: NVIDIA Triton's model repository, which KServe's
// Triton runtime takes as it is, and OpenVINO Model Server with the list beside it.
//
//	DIR/ovms.json                OpenVINO Model Server's list of models
//	DIR/earshot/config.pbtxt     Triton's configuration: shapes, dynamic batching, labels and front end as parameters
//	DIR/earshot/labels.txt       a label a line, in the order of the scores
//	DIR/earshot/1/model.onnx     the network
//
// What the daemon holds against its own model when it connects (package remote) travels along.
package repository

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/atomicfile"
)

// Name is the model's name on the server, which inference.remote.model has as its default. config.pbtxt does not repeat
// it: the folder may be renamed.
const Name = "earshot"

// Batching of a server: it may compute MaxBatch windows together, and waits for others a QueueDelay at most, in
// microseconds. The daemon's own batches are of 8 where nothing else is configured.
const (
	MaxBatch   = 64
	QueueDelay = 2000
)

// Write makes the model's folder below dir, which is made when it is missing; half: the network takes windows as 16-bit
// floats. It is there whole or not at all, and an error when it is there already.
func Write(dir string, m *infer.Model, half bool) (folder string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("model repository: %w", err)
	}
	folder = filepath.Join(dir, Name)
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("model repository: %q is there already; want another folder, or take it away first", folder)
	}
	model, datatype := m.Bytes, "FP32"
	if half {
		datatype = "FP16"
		if model, err = onnx.WithHalfInput(m.Bytes, "window"); err != nil {
			return "", fmt.Errorf("model %q: %w", m.Path, err)
		}
	}
	making, err := os.MkdirTemp(dir, "."+Name+"-") // Triton and OVMS pass over what begins with a dot
	if err != nil {
		return "", fmt.Errorf("model repository: %w", err)
	}
	defer os.RemoveAll(making)
	if err := errors.Join(os.Chmod(making, 0o755), os.Mkdir(filepath.Join(making, "1"), 0o755)); err != nil {
		return "", fmt.Errorf("model repository: %w", err)
	}
	for _, f := range []struct {
		path string
		text []byte
	}{
		{filepath.Join(making, "config.pbtxt"), []byte(config(m, datatype))},
		{filepath.Join(making, "labels.txt"), []byte(strings.Join(m.Labels, "\n") + "\n")},
		{filepath.Join(making, "1", "model.onnx"), model},
		{filepath.Join(dir, "ovms.json"), []byte(ovms)},
	} {
		if err := atomicfile.WriteBytes(f.path, 0o644, f.text); err != nil {
			return "", fmt.Errorf("model repository: %w", err)
		}
	}
	if err := os.Rename(making, folder); err != nil {
		return "", fmt.Errorf("model repository: %w", err)
	}
	return folder, nil
}

// ovms is OpenVINO Model Server's list, for its --config_path. The base path counts from this file.
const ovms = `{"model_config_list": [{"config": {"name": "` + Name + `", "base_path": "` + Name + `"}}]}
`

// config is Triton's config.pbtxt, a protobuf text.
func config(m *infer.Model, datatype string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by "earshot model --export-triton". The daemon holds parameters and shapes against its own model.
backend: "onnxruntime"
max_batch_size: %d
dynamic_batching { max_queue_delay_microseconds: %d }
input [ { name: "window" data_type: TYPE_%s dims: [ %d, %d, %d ] } ]
output [
  { name: "scores" data_type: TYPE_FP32 dims: [ %d ] label_filename: "labels.txt" },
  { name: "attention" data_type: TYPE_FP32 dims: [ %d ] }
]
`, MaxBatch, QueueDelay, datatype, infer.Channels, infer.Bands, infer.Frames, len(m.Labels), m.Steps)
	for _, p := range []struct{ key, value string }{
		{"labels", strings.Join(m.Labels, ",")}, {"front_end", m.FrontEnd}, {"sha256", m.SHA256},
	} {
		fmt.Fprintf(&b, "parameters { key: %q value { string_value: %s } }\n", p.key, strconv.QuoteToASCII(p.value)) // whose escapes protobuf's text form knows
	}
	return b.String()
}
