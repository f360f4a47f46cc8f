package repository

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/test/testmodel"

	"github.com/x448/float16"
	ort "github.com/yalue/onnxruntime_go"
)

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func model(t *testing.T) *infer.Model {
	t.Helper()
	m, err := infer.ParseModel("m.onnx", testmodel.New("dog", "siren", "background").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWrite: the network is byte for byte the one that was given, what describes it says what it is, and what is there already stays.
func TestWrite(t *testing.T) {
	m, dir := model(t), filepath.Join(t.TempDir(), "models")
	folder, err := Write(dir, m, false)
	if err != nil || folder != filepath.Join(dir, "earshot") {
		t.Fatal(folder, err)
	}
	if got := read(t, folder, "1", "model.onnx"); !slices.Equal(got, m.Bytes) {
		t.Error("another network was written")
	}
	if got := string(read(t, folder, "labels.txt")); got != "dog\nsiren\nbackground\n" {
		t.Errorf("labels %q", got)
	}
	config := string(read(t, folder, "config.pbtxt"))
	for _, want := range []string{"max_batch_size: 64\n", "dynamic_batching {", `data_type: TYPE_FP32 dims: [ 2, 128, 128 ]`, `dims: [ 3 ] label_filename: "labels.txt"`,
		`parameters { key: "labels" value { string_value: "dog,siren,background" } }`, `\"window_frames\":128`, m.SHA256} {
		if !strings.Contains(config, want) {
			t.Errorf("no %s in\n%s", want, config)
		}
	}
	var list struct {
		Models []struct {
			Config struct {
				Name string
				Base string `json:"base_path"`
			}
		} `json:"model_config_list"`
	}
	if err := json.Unmarshal(read(t, dir, "ovms.json"), &list); err != nil || len(list.Models) != 1 || list.Models[0].Config.Base != "earshot" {
		t.Errorf("ovms.json: %+v, %v", list, err)
	}
	if _, err := Write(dir, m, true); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("written over: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestHalf: the network with 16-bit windows is the same network: on windows that 16 bits hold exactly its scores are equal,
// bit by bit.
func TestHalf(t *testing.T) {
	m, dir := model(t), t.TempDir()
	folder, err := Write(dir, m, true)
	if err != nil {
		t.Fatal(err)
	}
	if config := string(read(t, folder, "config.pbtxt")); !strings.Contains(config, `name: "window" data_type: TYPE_FP16`) {
		t.Error(config)
	}
	half := read(t, folder, "1", "model.onnx")
	h, err := onnx.ReadHeader(half)
	if err != nil || len(h.Inputs) != 1 || h.Inputs[0].Name != "window" || h.Inputs[0].Type != onnx.Float16 {
		t.Fatalf("%+v, %v", h, err)
	}
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	x := make([]float32, infer.WindowLen)
	bits := make([]uint16, infer.WindowLen)
	for i := range x {
		b := float16.Fromfloat32(-100 + 90*float32(math.Sin(float64(i)/1000)))
		bits[i], x[i] = b.Bits(), b.Float32()
	}
	s, err := infer.NewSession(m, infer.Options{Provider: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want, _, err := s.Run(x, 1)
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	for _, b := range bits {
		raw = binary.LittleEndian.AppendUint16(raw, b)
	}
	in, err := ort.NewCustomDataTensor(ort.NewShape(1, infer.Channels, infer.Bands, infer.Frames), raw, ort.TensorElementDataTypeFloat16)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Destroy()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(half, []string{"window"}, []string{"scores"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Destroy()
	out := []ort.Value{nil}
	if err := session.Run([]ort.Value{in}, out); err != nil {
		t.Fatal(err)
	}
	defer out[0].Destroy()
	if got := out[0].(*ort.Tensor[float32]).GetData(); !slices.Equal(got, want) {
		t.Errorf("scores %v, want %v", got, want)
	}
	if _, err := onnx.WithHalfInput(half, "window"); err == nil {
		t.Error("16 bits made of 16 bits")
	}
}
