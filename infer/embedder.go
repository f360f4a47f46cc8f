package infer

import (
	"errors"
	"fmt"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// MaxPatches is the most patches that an [Embedder] takes at once.
const MaxPatches = 8

// Embedder runs the second network on patches of sound. Embed is safe for concurrent use; runs take
// turns. The memory of a run is allocated once, and bound anew for each batch size in use.
type Embedder struct {
	Provider string      // the one in use, as a Session's
	Rejected []Rejection // those that auto tried before it, and why not
	Sounds   int         // K

	mu        sync.Mutex // guards what follows
	session   *ort.DynamicAdvancedSession
	bindings  [MaxPatches]*patchBinding // by batch size − 1; nil until first used
	in        []float32                 // (MaxPatches, 96, 64)
	embedding []float32                 // (MaxPatches, 1024)
	audioset  []float32                 // (MaxPatches, K)
}

// patchBinding ties one batch size's part of the buffers to the runtime.
type patchBinding struct {
	io                      *ort.IoBinding
	in, embedding, audioset *ort.Tensor[float32]
}

// NewEmbedder loads the second network into ONNX Runtime; [Init] must have been called. Of the options
// MaxBatch does not count. It embeds one patch of silence, so that a network or a provider that cannot run
// fails here and not at the first sound. One from a file is tried in a process of its own before.
func NewEmbedder(m *EmbedderModel, o Options) (*Embedder, error) {
	e, rejected, err := load(file{"embedder", m.Path, m.Bytes, m.SHA256, m.foreign}, o, func(o Options, c candidate) (*Embedder, error) { return openEmbedder(m, o, c) })
	if err != nil {
		return nil, err
	}
	e.Rejected = rejected
	return e, nil
}

// openEmbedder loads the network with one provider and tries it out.
func openEmbedder(m *EmbedderModel, o Options, c candidate) (*Embedder, error) {
	o.MaxBatch = MaxPatches
	o.profile = fmt.Sprintf("patch:%%dx%dx%d", PatchFrames, PatchBands)
	opts, err := sessionOptions(o, c)
	if err != nil {
		return nil, err
	}
	defer opts.Destroy()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(m.Bytes, nil, nil, opts)
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime refuses the model: %s", oneLine(err))
	}
	e := &Embedder{
		Provider: c.String(), Sounds: len(m.AudioSet), session: session,
		in:        make([]float32, MaxPatches*PatchLen),
		embedding: make([]float32, MaxPatches*EmbeddingLen),
		audioset:  make([]float32, MaxPatches*len(m.AudioSet)),
	}
	if err := e.Embed(make([]float32, PatchLen), 1, make([]float32, EmbeddingLen), nil); err != nil {
		e.Close()
		return nil, fmt.Errorf("a trial patch of silence: %w", err)
	}
	return e, nil
}

// trial implements network.
func (e *Embedder) trial() ([]float32, error) {
	audioset := make([]float32, e.Sounds)
	patch := pattern(make([]float32, PatchLen))
	for i := range patch {
		patch[i] /= 10 // natural logarithms, not dB
	}
	return audioset, e.Embed(patch, 1, make([]float32, EmbeddingLen), audioset)
}

// Embed runs n patches, 1 ≤ n ≤ MaxPatches; it allocates nothing once a batch size has been used.
//
//	patches   (n, 96, 64)  frame, band; natural logarithms
//	embedding (n, 1024)
//	audioset  (n, K)       probabilities; nil when nobody wants them
//
// It fails with [ErrNotFinite] when a value is no finite number, and with [ErrClosed] after Close. It
// panics when a slice has another size.
func (e *Embedder) Embed(patches []float32, n int, embedding, audioset []float32) error {
	if n < 1 || n > MaxPatches {
		panic(fmt.Sprintf("infer: batch of %d patches, want 1 to %d", n, MaxPatches))
	}
	if len(patches) != n*PatchLen || len(embedding) != n*EmbeddingLen || audioset != nil && len(audioset) != n*e.Sounds {
		panic(fmt.Sprintf("infer: %d patches with %d values, %d of embedding, %d of AudioSet; want %d, %d, %d", n,
			len(patches), len(embedding), len(audioset), n*PatchLen, n*EmbeddingLen, n*e.Sounds))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == nil {
		return ErrClosed
	}
	b, err := e.bind(n)
	if err != nil {
		return err
	}
	copy(e.in, patches)
	if err := e.session.RunWithBinding(b.io); err != nil {
		return fmt.Errorf("run %d patches on %s: %s", n, e.Provider, oneLine(err))
	}
	if k := notFinite(e.embedding[:n*EmbeddingLen]); k >= 0 {
		return fmt.Errorf("patch %d of %d, value %d of its embedding: %w", k/EmbeddingLen, n, k%EmbeddingLen, ErrNotFinite)
	}
	if k := notFinite(e.audioset[:n*e.Sounds]); audioset != nil && k >= 0 {
		return fmt.Errorf("patch %d of %d, sound %d of AudioSet: %w", k/e.Sounds, n, k%e.Sounds, ErrNotFinite)
	}
	copy(embedding, e.embedding)
	copy(audioset, e.audioset)
	return nil
}

// bind returns the binding for n patches, made when first asked for.
func (e *Embedder) bind(n int) (*patchBinding, error) {
	if b := e.bindings[n-1]; b != nil {
		return b, nil
	}
	b := &patchBinding{}
	if err := b.open(e, int64(n)); err != nil {
		b.close()
		return nil, fmt.Errorf("bind buffers for %d patches: %w", n, err)
	}
	e.bindings[n-1] = b
	return b, nil
}

func (b *patchBinding) open(e *Embedder, n int64) (err error) {
	if b.in, err = ort.NewTensor(ort.NewShape(n, PatchFrames, PatchBands), e.in); err != nil {
		return err
	}
	if b.embedding, err = ort.NewTensor(ort.NewShape(n, EmbeddingLen), e.embedding); err != nil {
		return err
	}
	if b.audioset, err = ort.NewTensor(ort.NewShape(n, int64(e.Sounds)), e.audioset); err != nil {
		return err
	}
	if b.io, err = e.session.CreateIoBinding(); err != nil {
		return err
	}
	return errors.Join(b.io.BindInput("patch", b.in), b.io.BindOutput("embedding", b.embedding), b.io.BindOutput("audioset", b.audioset))
}

func (b *patchBinding) close() {
	if b.io != nil {
		_ = b.io.Destroy()
	}
	for _, t := range []*ort.Tensor[float32]{b.in, b.embedding, b.audioset} {
		if t != nil {
			_ = t.Destroy()
		}
	}
}

// Close waits for a run in progress and frees the runtime's memory. It may be called twice.
func (e *Embedder) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, b := range e.bindings {
		if b != nil {
			b.close()
			e.bindings[i] = nil
		}
	}
	if e.session != nil {
		_ = e.session.Destroy()
		e.session = nil
	}
}
