package infer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

func TestParseModel(t *testing.T) {
	spec := testmodel.New("dog", "crying_baby", "background")
	spec.Metadata["names"] = `{"dog":"Hund"}`
	spec.Metadata["thresholds"] = `{"dog":{"on":0.7,"off":0.2}}`
	spec.Metadata["temperature"] = "1.25"
	m, err := ParseModel("x.onnx", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(m.Labels, " ") != "dog crying_baby background" || m.Background != "background" || m.Temperature != 1.25 || m.Steps != 7 {
		t.Errorf("%+v", m)
	}
	if m.Names["dog"] != "Hund" || m.Names["crying_baby"] != "Crying baby" {
		t.Errorf("names %v", m.Names)
	}
	if m.Thresholds["dog"] != (Threshold{0.7, 0.2}) || m.Thresholds["crying_baby"] != DefaultThreshold || len(m.Thresholds) != 3 {
		t.Errorf("thresholds %v", m.Thresholds)
	}
	if m.FrontEnd != testmodel.FrontEnd || string(m.Licence) != `{"name":"MIT"}` || len(m.SHA256) != 64 || m.Path != "x.onnx" {
		t.Errorf("%s %s %s %s", m.FrontEnd, m.Licence, m.SHA256, m.Path)
	}
	if m.Index("crying_baby") != 1 || m.Index("cat") != -1 {
		t.Error("Index")
	}
}

// Only contract, labels and front_end must be there.
func TestParseModelLeast(t *testing.T) {
	spec := testmodel.New("dog", "cat")
	for _, key := range []string{"names", "thresholds", "temperature", "background", "provenance", "licence"} {
		delete(spec.Metadata, key)
	}
	m, err := ParseModel("x", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.Temperature != 1 || m.Background != "" || string(m.Provenance) != "null" || string(m.Verify) != "null" || m.Names["cat"] != "Cat" {
		t.Errorf("%+v", m)
	}
}

// Each way to break the contract has its message: where, what was expected, what was found.
func TestContract(t *testing.T) {
	type spec = testmodel.Spec
	meta := func(key, value string) func(*spec) { return func(s *spec) { s.Metadata[key] = value } }
	without := func(key string) func(*spec) { return func(s *spec) { delete(s.Metadata, key) } }
	for _, c := range []struct {
		name   string
		change func(*spec)
		want   string
	}{
		{"no version", without("contract"), `metadata "contract": missing, want 1`},
		{"another version", meta("contract", "2"), `metadata "contract": version 2, this earshot keeps version 1`},
		{"version is text", meta("contract", `"one"`), `metadata "contract": want 1, found "\"one\""`},
		{"no labels", without("labels"), `metadata "labels": missing, want a list of label ids`},
		{"labels are no list", meta("labels", `{"dog":1}`), `metadata "labels": want a list of label ids`},
		{"empty labels", meta("labels", `[]`), `metadata "labels": 0 labels, want 1 to 4096`},
		{"a label with a space", meta("labels", `["dog","crying baby"]`), `label 1 is "crying baby", want 1 to 48 of a–z`},
		{"a label twice", meta("labels", `["dog","dog"]`), `"dog" is there twice`},
		{"fewer labels than classes", meta("labels", `["dog"]`), `output "scores" has 2 classes, metadata "labels" lists 1`},
		{"no front end", without("front_end"), `metadata "front_end": missing, want the front end's fingerprint`},
		{"front end is text", meta("front_end", `"gammatone"`), `metadata "front_end": want the front end's fingerprint`},
		{"empty front end", meta("front_end", `{}`), `found an empty object`},
		{"front end of 64 bands", meta("front_end", `{"bands":64}`), `metadata "front_end": bands is 64, want 128`},
		{"a name that acts on a terminal", meta("names", `{"dog":"\u001b[31mDog"}`), `"dog" is called "\x1b[31mDog", want at most 128 bytes of printable UTF-8`},
		{"a long name", meta("names", `{"dog":"`+strings.Repeat("wow", 100)+`"}`), `(300 bytes), want at most 128 bytes`},
		{"names of others", meta("names", `{"cow":"Kuh"}`), `metadata "names": speaks of "cow", which is not among the labels`},
		{"thresholds NaN", meta("thresholds", `{"dog":{"on":NaN,"off":0.1}}`), `metadata "thresholds": want switching points`},
		{"thresholds infinite", meta("thresholds", `{"dog":{"on":1e999,"off":0.1}}`), `metadata "thresholds": want switching points`},
		{"thresholds crossed", meta("thresholds", `{"dog":{"on":0.3,"off":0.5}}`), `"dog" has on 0.3, off 0.5, want 0 < off ≤ on ≤ 1`},
		{"threshold 0", meta("thresholds", `{"dog":{"on":0.3,"off":0}}`), `"dog" has on 0.3, off 0, want 0 < off`},
		{"threshold above 1", meta("thresholds", `{"dog":{"on":1.5,"off":0.5}}`), `on 1.5`},
		{"half a threshold", meta("thresholds", `{"dog":{"on":0.5}}`), `"dog" wants both on and off`},
		{"a third threshold", meta("thresholds", `{"dog":{"on":0.5,"off":0.2,"of":1}}`), `unknown field "of"`},
		{"thresholds of others", meta("thresholds", `{"cow":{"on":0.5,"off":0.3}}`), `speaks of "cow"`},
		{"temperature 0", meta("temperature", "0"), `metadata "temperature": 0, want a number above 0`},
		{"temperature is text", meta("temperature", "warm"), `metadata "temperature": want a number above 0, found "warm"`},
		{"unknown background", meta("background", `"noise"`), `metadata "background": speaks of "noise"`},
		{"provenance is a list", meta("provenance", `[]`), `metadata "provenance": want a JSON object`},
		{"more after the value", meta("temperature", "1 2"), `more follows the value`},
		{"not UTF-8", meta("names", "{\"dog\":\"\xff\"}"), `metadata "names": is not UTF-8`},
		{"another input", func(s *spec) { s.Input.Name = "input_1" }, `input "window": missing, want float32 [N,2,128,128], found "input_1" float32 [N,2,128,128]`},
		{"another output", func(s *spec) { s.Scores.Name = "probs" }, `output "scores": missing, want float32 [N,K], found "probs" float32 [N,2], "attention" float32 [N,7]`},
		{"fixed batch", func(s *spec) { s.Input.Dims[0] = 1 }, `input "window": want float32 [N,2,128,128] (N free), found float32 [1,2,128,128]`},
		{"one channel", func(s *spec) { s.Input.Dims[1] = 1 }, `found float32 [N,1,128,128]`},
		{"no batch", func(s *spec) { s.Input.Dims = []int{2, 128, 128} }, `found float32 [2,128,128]`},
		{"float16 input", func(s *spec) { s.Input.Elem = 10 }, `found float16 [N,2,128,128]`},
		{"unknown element", func(s *spec) { s.Input.Elem = 99 }, `found type 99 [N,2,128,128]`},
		{"free classes", func(s *spec) { s.Scores.Dims[1] = -1 }, `output "scores": want float32 [N,K] with K a number (N free), found float32 [N,N]`},
		{"too many steps", func(s *spec) { s.Attend.Dims[1] = 129 }, `output "attention" has 129 steps, want at most 128`},
		{"steps of 0", func(s *spec) { s.Attend.Dims[1] = 0 }, `output "attention": want float32 [N,T]`},
	} {
		s := testmodel.New("dog", "cat")
		c.change(s)
		_, err := ParseModel("house.onnx", s.Bytes())
		var ce *ContractError
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\n want %s", c.name, err, c.want)
			continue
		}
		if !strings.HasPrefix(err.Error(), `model "house.onnx" does not keep earshot's model contract: `) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q", c.name, err)
		}
	}
}

// All faults are told at once, in a fixed order.
func TestContractTellsAll(t *testing.T) {
	s := testmodel.New("dog", "cat")
	s.Metadata = map[string]string{"thresholds": `{"x":{"on":1,"off":0.5},"a":{"on":1,"off":0.5}}`, "labels": `["dog","cat"]`}
	s.Input.Dims[3] = 64
	var first string
	for range 5 {
		_, err := ParseModel("m", s.Bytes())
		var ce *ContractError
		if !errors.As(err, &ce) || len(ce.Faults) != 5 {
			t.Fatalf("%v", err)
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Fatalf("%v\n%s", err, first)
		}
	}
}

func TestLoadModelBadFiles(t *testing.T) {
	dir := t.TempDir()
	good := testmodel.New("dog", "cat").Bytes()
	lines := func(b []byte) string { return string(b) }
	for _, c := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "none.onnx"), "no such file"},
		{"folder", dir, "it is a folder; want a file"},
		{"device", "/dev/null", "it is a device"},
		{"empty", write(t, dir, "empty", ""), "is empty, want an ONNX file"},
		{"text", write(t, dir, "text", "<html>404</html>"), "is text, want an ONNX file"},
		{"checkpoint", write(t, dir, "torch.onnx", "PK\x03\x04rest"), "is a ZIP archive (a PyTorch checkpoint?)"},
		{"lfs", write(t, dir, "lfs.onnx", "version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"},
		{"tflite", write(t, dir, "m.tflite", "\x1c\x00\x00\x00TFL3\x00\x00\x00\x00"), "is a TensorFlow Lite model"},
		{"noise", write(t, dir, "noise", strings.Repeat("\xa7\x03\x99\xfe", 100)), "not a readable ONNX file of 400 bytes"},
		{"truncated", write(t, dir, "half.onnx", lines(good[:len(good)/2])), "ends in the middle (truncated?)"},
		{"head only", write(t, dir, "head.onnx", lines(good[:2])), "no graph in it"},
	} {
		_, err := LoadModel(c.path)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), c.path) != 1 {
			t.Errorf("%s: %v\n want %q and the path once", c.name, err, c.want)
		}
	}
	if os.Geteuid() != 0 {
		secret := write(t, dir, "secret.onnx", string(good))
		if err := os.Chmod(secret, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadModel(secret); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("unreadable: %v", err)
		}
	}
	m, err := LoadModel(write(t, dir, "good.onnx", string(good)))
	if err != nil || len(m.Labels) != 2 {
		t.Errorf("%v %v", m, err)
	}
}

// A file cut anywhere is an error and never a panic or a model.
func TestEveryTruncation(t *testing.T) {
	good := testmodel.New("dog", "cat").Bytes()
	step := max(1, len(good)/2000)
	for n := 0; n < len(good); n += step {
		if _, err := ParseModel("cut", good[:n]); err == nil {
			// The last metadata entries are optional; a cut between two of them leaves a model.
			if n < len(good)*3/4 {
				t.Fatalf("%d of %d bytes are taken for a model", n, len(good))
			}
		}
	}
}

func TestCheckLabels(t *testing.T) {
	m, err := ParseModel("m.onnx", testmodel.New("dog", "crying_baby", "siren").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.CheckLabels([]string{"siren", "dog"}); err != nil {
		t.Error(err)
	}
	err = m.CheckLabels([]string{"dog", "Crying Baby", "sirens", "helicopter"})
	want := `model "m.onnx" does not know label "Crying Baby" ("crying_baby"?), "sirens" ("siren"?), "helicopter"; its 3 labels: dog, crying_baby, siren`
	if err == nil || err.Error() != want {
		t.Errorf("%v\n want %s", err, want)
	}
}

// FuzzParseModel: whatever the bytes, an error or a model whose fields hold
// together, and no great memory.
func FuzzParseModel(f *testing.F) {
	good := testmodel.New("dog", "cat", "background")
	f.Add(good.Bytes())
	f.Add(good.Bytes()[:200])
	f.Add([]byte("\x08\x08"))
	small := testmodel.New("a")
	small.Metadata = map[string]string{"contract": "1", "labels": `["a"]`, "front_end": `{"x":1}`}
	f.Add(small.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseModel("fuzz", b)
		if err != nil {
			if m != nil {
				t.Fatal("a model and an error")
			}
			if len(err.Error()) > 1<<20 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		holdTogether(t, m)
	})
}

// FuzzMetadata changes one metadata value of a good model.
func FuzzMetadata(f *testing.F) {
	for key, value := range testmodel.New("dog", "background").Metadata {
		f.Add(key, value)
	}
	f.Add("thresholds", `{"dog":{"on":1e-320,"off":1e-320}}`)
	f.Add("labels", `["dog","background","dog"]`)
	f.Add("names", `{"dog":null}`)
	f.Add("background", `""`)
	f.Add("temperature", `-0`)
	f.Fuzz(func(t *testing.T, key, value string) {
		spec := testmodel.New("dog", "background")
		spec.Metadata[key] = value
		m, err := ParseModel("fuzz", spec.Bytes())
		if err == nil {
			holdTogether(t, m)
		}
	})
}

func holdTogether(t *testing.T, m *Model) {
	if len(m.Labels) == 0 || m.Steps < 1 || m.Steps > Frames || !(m.Temperature > 0) || m.FrontEnd == "" {
		t.Fatalf("%+v", m)
	}
	for i, l := range m.Labels {
		if th := m.Thresholds[l]; !(th.Off > 0 && th.Off <= th.On && th.On <= 1) || m.Names[l] == "" || m.Index(l) != i {
			t.Fatalf("label %q: %+v %q", l, th, m.Names[l])
		}
	}
	if m.Background != "" && m.Index(m.Background) < 0 {
		t.Fatalf("background %q", m.Background)
	}
}
