package infer

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// What goes into the second network and comes out of it.
const (
	PatchFrames  = 96 // log-mel frames a patch
	PatchBands   = 64 // log-mel bands
	EmbeddingLen = 1024
	// PatchLen is the number of float32 values in one patch (frame, band).
	PatchLen = PatchFrames * PatchBands
)

// EmbedderVersion is the version of the embedders' contract that this package keeps.
const EmbedderVersion = 1

// EmbedderModel is an ONNX network that keeps the embedders' contract:
//
//	input   patch      float32 [N,96,64]   log-mel frames
//	output  embedding  float32 [N,1024]
//	output  audioset   float32 [N,K]       probabilities of K sounds
//
// with metadata "embedder" (the version, 1), "audioset" (the K names), "front_end" (fingerprint, a JSON
// object) and, as may be, "name", "provenance" and "licence".
type EmbedderModel struct {
	Name       string          // display name, "" when the file says none
	AudioSet   []string        // (K) names of the sounds that it tells apart by itself
	FrontEnd   string          // front-end fingerprint, one compact JSON object
	Provenance json.RawMessage // where it comes from; a JSON object or null
	Licence    json.RawMessage // of the network; a JSON object or null

	Bytes  []byte // the ONNX file
	Path   string // file it came from, or the name given to ParseEmbedder
	SHA256 string // of Bytes, hexadecimal

	foreign bool // it came from a file: it is tried in a process of its own first
}

// LoadEmbedder reads a file and holds it against the embedders' contract. The error says what was expected
// and what was found: a [*ContractError] when the file is ONNX but no embedder.
func LoadEmbedder(path string) (*EmbedderModel, error) {
	b, err := readModel(path)
	if err != nil {
		return nil, err
	}
	m, err := ParseEmbedder(path, b)
	if err == nil {
		m.foreign = true
	}
	return m, err
}

// ParseEmbedder holds an ONNX file in memory against the embedders' contract. The model keeps onnx, which
// must not change afterwards; name appears in errors. The runtime need not be loaded.
func ParseEmbedder(name string, onnx []byte) (*EmbedderModel, error) {
	h, err := parseHeader(name, onnx)
	if err != nil {
		return nil, err
	}
	m := &EmbedderModel{Path: name, Bytes: onnx, SHA256: sum(onnx)}
	c := &contract{h: h}
	c.embedder(m)
	if len(c.faults) > 0 {
		return nil, &ContractError{Name: name, Faults: c.faults}
	}
	return m, nil
}

// embedder is check for the second network.
func (c *contract) embedder(m *EmbedderModel) {
	var version int
	if c.value("embedder", true, &version, fmt.Sprint(EmbedderVersion)) && version != EmbedderVersion {
		c.fault("metadata \"embedder\": version %d, this earshot keeps version %d", version, EmbedderVersion)
	}
	if c.h.Nodes == 0 {
		c.fault("the graph has no nodes")
	}
	c.only("patch")
	if in, ok := c.find("input", c.h.Inputs, "patch", "float32 [N,96,64]"); ok {
		c.shape("input", in, "float32 [N,96,64]", -1, PatchFrames, PatchBands)
	}
	if out, ok := c.find("output", c.h.Outputs, "embedding", "float32 [N,1024]"); ok {
		c.shape("output", out, "float32 [N,1024]", -1, EmbeddingLen)
	}
	if out, ok := c.find("output", c.h.Outputs, "audioset", "float32 [N,K]"); ok {
		c.shape("output", out, "float32 [N,K] with K a number", -1, 0)
	}
	c.sounds(m)
	c.fingerprint(m)
	if c.value("name", false, &m.Name, "the network's name, a JSON string") && !shown(m.Name, maxSoundName) {
		c.fault("metadata \"name\": is %s, want 1 to %d bytes of printable UTF-8", excerpt(m.Name), maxSoundName)
	}
	m.Provenance = c.object("provenance")
	m.Licence = c.object("licence")
}

// maxSoundName bounds a name of AudioSet's; the longest has 67 bytes.
const maxSoundName = 200

// sounds holds the names to the output's size.
func (c *contract) sounds(m *EmbedderModel) {
	if !c.value("audioset", true, &m.AudioSet, `a list of names, ["Speech", …]`) {
		return
	}
	if n := len(m.AudioSet); n < 1 || n > maxLabels {
		c.fault("metadata \"audioset\": %d names, want 1 to %d", n, maxLabels)
	}
	for i, name := range m.AudioSet {
		if !shown(name, maxSoundName) {
			c.fault("metadata \"audioset\": name %d is %s, want 1 to %d bytes of printable UTF-8", i, excerpt(name), maxSoundName)
			break
		}
	}
	if k := c.outputSize("audioset"); k >= 0 && k != int64(len(m.AudioSet)) {
		c.fault("output \"audioset\" has %d sounds, metadata \"audioset\" lists %d", k, len(m.AudioSet))
	}
}

// fingerprint takes the front end's, which must be an object; who computes the patches judges the rest.
func (c *contract) fingerprint(m *EmbedderModel) {
	var f map[string]any
	if !c.value("front_end", true, &f, "the front end's fingerprint, a JSON object") {
		return
	}
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(c.h.Metadata["front_end"])); err != nil || len(f) == 0 {
		c.fault("metadata \"front_end\": want the front end's fingerprint, found an empty object")
		return
	}
	m.FrontEnd = b.String()
}
