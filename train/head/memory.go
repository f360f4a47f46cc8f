package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/gammatone"
	"earshot/infer/onnx"
	"earshot/train"
	"earshot/train/acrnn"
)

// Memory is what a model keeps of the sounds it learned from: a few windows a
// label as its last layer saw them. With it a head can learn new labels and
// rehearse the old ones where their recordings are not at hand; without it
// the new labels take over sounds that are none of theirs (see [Teach]).
type Memory struct {
	Labels  []string `json:"labels"`  // label id of each vector
	Width   int      `json:"width"`   // numbers a vector
	Vectors []byte   `json:"vectors"` // (vectors, width) int8, in units of 1/127
}

// perLabel is how many windows of a label a memory keeps: 4 of 512 bytes. More
// gain little. Measured on 200 clips of ESC-50's fold 4 with a half-trained
// network, 60.5 % of them right, to which speech and a doorbell were taught from
// 12 recordings each: without memory 45.0 % at best are still named right among
// all 52 labels; with 1, 2, 4, 8, 12 windows a label 57.0, 58.5, 59.5, 58.5, 58.5 %.
const perLabel = 4

// add appends an embedding; its numbers lie in [−1, 1], being means of GRU states.
func (m *Memory) add(label string, v []float32) {
	m.Labels = append(m.Labels, label)
	for _, x := range v {
		q := math.Round(127 * math.Max(-1, math.Min(1, float64(x))))
		m.Vectors = append(m.Vectors, byte(int8(q)))
	}
}

// vector writes the i-th embedding to dst (width).
func (m *Memory) vector(i int, dst []float32) {
	for k, b := range m.Vectors[i*m.Width : (i+1)*m.Width] {
		dst[k] = float32(int8(b)) / 127
	}
}

// ReadMemory returns the memory of a model file's metadata, nil where there is none.
func ReadMemory(model []byte) (*Memory, error) {
	h, err := onnx.ReadHeader(model)
	if err != nil {
		return nil, err
	}
	text, ok := h.Metadata["memory"]
	if !ok {
		return nil, nil
	}
	m := &Memory{}
	if err := json.Unmarshal([]byte(text), m); err != nil {
		return nil, fmt.Errorf("metadata \"memory\": %w", err)
	}
	if m.Width < 1 || len(m.Vectors) != m.Width*len(m.Labels) {
		return nil, fmt.Errorf("metadata \"memory\": %d bytes for %d vectors of %d", len(m.Vectors), len(m.Labels), m.Width)
	}
	return m, nil
}

// Remember draws the memory of a network from what it learned from: windows of
// different clips of every label, background included. What old (nil for none)
// remembers of labels without clips is kept: right only where nothing but the
// head has changed since.
func Remember(a acrnn.Arch, w acrnn.Weights, front gammatone.Config, d *train.Data, old *Memory, seed uint64, threads int) (*Memory, error) {
	e, err := newEmbedder(a, w, threads)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	rng := rand.New(rand.NewPCG(seed, 0x3e3))
	byLabel := make([][]train.Example, len(d.Labels))
	for _, i := range rng.Perm(len(d.Train)) {
		x := d.Train[i]
		byLabel[x.Label] = append(byLabel[x.Label], x)
	}
	if d.Background >= 0 {
		for _, i := range rng.Perm(len(d.Quiet)) {
			byLabel[d.Background] = append(byLabel[d.Background], train.Example{Clip: d.Quiet[i], Label: d.Background})
		}
	}
	var picked []train.Example
	var starts []int
	for _, clips := range byLabel {
		for i := range min(perLabel, 2*len(clips)) { // a single clip gives two windows
			x := clips[i%len(clips)]
			s := train.Starts(x.Clip, train.Frames/2)
			picked, starts = append(picked, x), append(starts, s[rng.IntN(len(s))])
		}
	}
	v, err := e.embed(len(picked), plain(front, func(i int) (train.Example, int) { return picked[i], starts[i] }))
	if err != nil {
		return nil, err
	}
	m := &Memory{Width: e.width}
	for i, x := range picked {
		m.add(d.Labels[x.Label], v[i*e.width:(i+1)*e.width])
	}
	if old == nil {
		return m, nil
	}
	if old.Width != m.Width {
		return nil, errors.New("the old model's memory is of another network")
	}
	for i, l := range old.Labels {
		if k := slices.Index(d.Labels, l); k >= 0 && len(byLabel[k]) == 0 {
			m.Labels = append(m.Labels, l)
			m.Vectors = append(m.Vectors, old.Vectors[i*old.Width:(i+1)*old.Width]...)
		}
	}
	return m, nil
}

// Lacks lists those of labels that the memory, which may be nil, has nothing of.
func (m *Memory) Lacks(labels []string) []string {
	var out []string
	for _, l := range labels {
		if m == nil || !slices.Contains(m.Labels, l) {
			out = append(out, l)
		}
	}
	return out
}
