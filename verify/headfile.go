package verify

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/x448/float16"
)

// HeadVersion is the version of the text that a Head is kept as. Version 1 knew no sounds, version 2 no noise.
const HeadVersion = 3

// Bounds of what is read.
const (
	maxLabels    = 512
	maxHeadBytes = 4 << 20
)

// MaxSounds bounds the sounds that a second network tells apart by itself; YAMNet knows 521.
const MaxSounds = 4096

// headText is a Head as a model file keeps it.
type headText struct {
	Version  int       `json:"version"`
	Embedder string    `json:"embedder"`
	Labels   []string  `json:"labels"`
	Weights  string    `json:"weights"`          // base64 of (K+1, 1024) float16, little-endian
	Bias     []float32 `json:"bias"`             // (K+1), the last that of none of these
	Fusions  []Fusion  `json:"fusions"`          // (K)
	Sounds   [][]int   `json:"sounds,omitempty"` // (K) or none
	Noise    []int     `json:"noise,omitempty"`
}

// Marshal is the head as JSON, for a model's metadata "verify". Weights are rounded to float16. It fails for
// a head that [ParseHead] would not take.
func (h *Head) Marshal() ([]byte, error) {
	raw := make([]byte, 2*len(h.Weights))
	for i, w := range h.Weights {
		binary.LittleEndian.PutUint16(raw[2*i:], float16.Fromfloat32(w).Bits())
	}
	b, err := json.Marshal(headText{HeadVersion, h.Embedder, h.Labels, base64.StdEncoding.EncodeToString(raw), h.Bias, h.Fusions, h.Sounds, h.Noise})
	if err != nil {
		return nil, fmt.Errorf("write the second opinion's head: %w", err)
	}
	if _, err := ParseHead(b, h.Labels); err != nil {
		return nil, fmt.Errorf("write the second opinion's head: %w", err)
	}
	return b, nil
}

// ParseHead reads what Marshal writes. labels are those that the model knows; the head may know fewer, in
// another order. The error says what was expected and what was found.
func ParseHead(text []byte, labels []string) (*Head, error) {
	if len(text) > maxHeadBytes {
		return nil, fmt.Errorf("head of %d bytes, want at most %d", len(text), maxHeadBytes)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	var t headText
	if err := d.Decode(&t); err != nil {
		return nil, fmt.Errorf("head: want a JSON object of version, embedder, labels, weights, bias and fusions: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("head: more follows the JSON object")
	}
	if t.Version < 1 || t.Version > HeadVersion {
		return nil, fmt.Errorf("head of version %d, this earshot reads versions 1 to %d", t.Version, HeadVersion)
	}
	h := &Head{Embedder: t.Embedder, Labels: t.Labels, Bias: t.Bias, Fusions: t.Fusions, Sounds: t.Sounds, Noise: t.Noise}
	if err := h.check(labels); err != nil {
		return nil, err
	}
	if err := h.decodeWeights(t.Weights); err != nil {
		return nil, err
	}
	return h, nil
}

// check holds all but the weights to what they must be.
func (h *Head) check(labels []string) error {
	if k := len(h.Labels); k < 1 || k > maxLabels || len(h.Bias) != k+1 || len(h.Fusions) != k {
		return fmt.Errorf("head: %d labels, %d biases, %d fusions; want 1 to %d labels, one bias more, as many fusions",
			k, len(h.Bias), len(h.Fusions), maxLabels)
	}
	if n := len(h.Embedder); n < 1 || n > 200 {
		return fmt.Errorf("head: the embedder's name has %d bytes, want 1 to 200", n)
	}
	for i, l := range h.Labels {
		if !slices.Contains(labels, l) {
			return fmt.Errorf("head: label %d is %.60q, which the model does not know", i, l)
		}
		if slices.Contains(h.Labels[:i], l) {
			return fmt.Errorf("head: label %.60q is there twice", l)
		}
		if !h.Fusions[i].valid() {
			return fmt.Errorf("head: fusion of %q is %+v; want a candidate of 0 to 1, 0 < off ≤ on ≤ 1, and a, b, c of at most 1000", l, h.Fusions[i])
		}
	}
	if n := len(h.Sounds); n != 0 && n != len(h.Labels) {
		return fmt.Errorf("head: sounds of %d labels, want %d or none", n, len(h.Labels))
	}
	wrong := func(list []int) bool {
		return len(list) > MaxSounds || slices.ContainsFunc(list, func(s int) bool { return s < 0 || s >= MaxSounds })
	}
	if wrong(h.Noise) {
		return fmt.Errorf("head: noise is %d indices; want at most %d, each of 0 to %d", len(h.Noise), MaxSounds, MaxSounds-1)
	}
	for i, list := range h.Sounds {
		if wrong(list) {
			return fmt.Errorf("head: sounds of %q are %d indices; want at most %d, each of 0 to %d", h.Labels[i], len(list), MaxSounds, MaxSounds-1)
		}
	}
	for i, b := range h.Bias {
		if !finite(b) {
			return fmt.Errorf("head: bias %d is %g, want a finite number", i, b)
		}
	}
	return nil
}

func (h *Head) decodeWeights(text string) error {
	want := h.Classes() * EmbeddingLen
	if n := base64.StdEncoding.EncodedLen(2 * want); len(text) != n {
		return fmt.Errorf("head: %d characters of weights, want %d for %d classes", len(text), n, h.Classes())
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != 2*want {
		return fmt.Errorf("head: the weights are not %d bytes of base64 (%v)", 2*want, err)
	}
	h.Weights = make([]float32, want)
	for i := range h.Weights {
		h.Weights[i] = float16.Frombits(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
		if !finite(h.Weights[i]) {
			return fmt.Errorf("head: weight %d of class %d is %g, want a finite number", i%EmbeddingLen, i/EmbeddingLen, h.Weights[i])
		}
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }
