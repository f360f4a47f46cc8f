package infer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"earshot/infer/onnx"
	"earshot/internal/readfile"
)

// The shape of one window that the contract asks for, docs/design.md.
const (
	Channels = 2   // log-gammatone, delta
	Bands    = 128 // gammatone bands
	Frames   = 128 // frames of 512 samples
	// WindowLen is the number of float32 values in one window (channel, band, frame).
	WindowLen = Channels * Bands * Frames
)

// ContractVersion is the version of the model contract that this package keeps.
const ContractVersion = 1

// Threshold is a label's pair of switching points on the smoothed score.
type Threshold struct {
	On  float64 `json:"on"`
	Off float64 `json:"off"` // ≤ On
}

// DefaultThreshold serves labels for which a model gives none.
var DefaultThreshold = Threshold{On: 0.5, Off: 0.3}

// Model is an ONNX model that keeps the contract, with its metadata.
type Model struct {
	Labels      []string             // (K) ids, in the order of the scores
	Names       map[string]string    // display name of every label
	FrontEnd    string               // front-end fingerprint, one compact JSON object
	Thresholds  map[string]Threshold // of every label
	Temperature float64              // calibration temperature, already applied in the graph; > 0
	Background  string               // id of the label that means "nothing", or ""
	Taught      []string             // those of Labels that somebody taught it at home; usually none
	Provenance  json.RawMessage      // how it was trained; a JSON object or null
	Licence     json.RawMessage      // of the data it was trained on; a JSON object or null
	VerifyCurve json.RawMessage      // what its thresholds cost, for verify.ParseCurve; a JSON object or null
	Verify      json.RawMessage      // head of the second opinion, for verify.ParseHead; a JSON object or null

	Steps  int    // T, attention steps a window
	Bytes  []byte // the ONNX file; NewSession needs it, nothing else does
	Path   string // file it came from, or the name given to ParseModel
	SHA256 string // of Bytes, hexadecimal

	foreign bool // it came from a file: it is tried in a process of its own first
}

// maxModelBytes bounds what LoadModel reads; the shipped model has 9 MB, and a service half a gigabyte of memory.
const maxModelBytes = 256 << 20

// LoadModel reads a model file and holds it against the contract. The error
// says what was expected and what was found: a [*ContractError] when the file
// is ONNX but not a model for earshot.
func LoadModel(path string) (*Model, error) {
	b, err := readModel(path)
	if err != nil {
		return nil, err
	}
	return ParseForeign(path, b)
}

// ParseForeign is ParseModel for a file that is not this program's own: NewSession tries it in a process of its own first.
func ParseForeign(name string, file []byte) (*Model, error) {
	m, err := ParseModel(name, file)
	if err == nil {
		m.foreign = true
	}
	return m, err
}

// readModel reads a file that is not too large to be a model.
func readModel(path string) ([]byte, error) {
	b, err := readfile.Bytes(path, maxModelBytes)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", path, pathCause(err))
	}
	return b, nil
}

// ParseModel holds an ONNX file in memory against the contract. The Model
// keeps file, which must not change afterwards; name appears in errors.
// The runtime need not be loaded.
func ParseModel(name string, file []byte) (*Model, error) {
	h, err := parseHeader(name, file)
	if err != nil {
		return nil, err
	}
	m := &Model{Path: name, Bytes: file, SHA256: sum(file)}
	c := &contract{h: h, m: m}
	c.check()
	if len(c.faults) > 0 {
		return nil, &ContractError{Name: name, Faults: c.faults}
	}
	return m, nil
}

// sum is the SHA-256 of b, hexadecimal.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// parseHeader reads what the contracts need of an ONNX file in memory.
func parseHeader(name string, file []byte) (*onnx.Header, error) {
	if len(file) == 0 {
		return nil, fmt.Errorf("model %q: is empty, want an ONNX file", name)
	}
	if what := otherFormat(file); what != "" {
		return nil, fmt.Errorf("model %q: is %s, want an ONNX file", name, what)
	}
	h, err := onnx.ReadHeader(file)
	if err != nil {
		return nil, fmt.Errorf("model %q: not a readable ONNX file of %d bytes: %w", name, len(file), err)
	}
	return h, nil
}

// otherFormat names a file that people mistake for an ONNX model, "" if it is none of them.
func otherFormat(b []byte) string {
	for _, f := range []struct{ magic, what string }{
		{"PK\x03\x04", "a ZIP archive (a PyTorch checkpoint?)"},
		{"\x89HDF", "an HDF5 file (a Keras model?)"},
		{"version https://git-lfs", "a Git LFS pointer (run `git lfs pull`)"},
		{"\x7fELF", "a program or library"},
		{"{", "text"},
		{"<", "text"},
	} {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return f.what
		}
	}
	if len(b) > 8 && string(b[4:8]) == "TFL3" {
		return "a TensorFlow Lite model"
	}
	if len(b) > 8 && string(b[4:8]) == "ORTM" {
		return "an ORT-format model"
	}
	return ""
}

// ContractError lists every way in which an ONNX file breaks the model contract.
type ContractError struct {
	Name   string   // file
	Faults []string // each says where, what was expected and what was found
}

func (e *ContractError) Error() string {
	return fmt.Sprintf("model %q does not keep earshot's model contract: %s", e.Name, strings.Join(e.Faults, "; "))
}

// Index returns the index of a label id, or −1.
func (m *Model) Index(label string) int {
	for i, l := range m.Labels {
		if l == label {
			return i
		}
	}
	return -1
}

// CheckLabels holds that the model knows every one of want. The error lists
// the unknown ones, each with the label it was probably meant to be.
func (m *Model) CheckLabels(want []string) error {
	var unknown []string
	for _, w := range want {
		if m.Index(w) >= 0 {
			continue
		}
		s := fmt.Sprintf("%q", w)
		if near := m.nearest(w); near != "" {
			s += fmt.Sprintf(" (%q?)", near)
		}
		unknown = append(unknown, s)
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("model %q does not know label %s; its %d labels: %s",
		m.Path, strings.Join(unknown, ", "), len(m.Labels), strings.Join(m.Labels, ", "))
}

// nearest finds a label that differs by little: case, spaces, a slip of the keys.
func (m *Model) nearest(label string) string {
	flat := func(s string) string {
		return strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(s))
	}
	best, at := "", 3 // edits
	for _, l := range m.Labels {
		if d := editDistance(flat(label), flat(l)); d < at {
			best, at = l, d
		}
	}
	return best
}

// editDistance is Levenshtein's, in one row.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// errNoBytes is what NewSession says of a Model whose Bytes were let go.
var errNoBytes = errors.New("the model's bytes were released")

// Holds tells whether a JSON object of the metadata is there.
func Holds(text json.RawMessage) bool { return len(text) > 0 && string(text) != "null" }
