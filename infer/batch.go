package infer

import (
	"errors"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"
)

// Batch is the memory of a run, planned once: windows are made in X, and scores and
// attention are read where ONNX Runtime wrote them, so nothing is copied on either side.
// It belongs to one goroutine. Batches of one Session take turns, and end with it.
type Batch struct {
	X         []float32 // (MaxBatch, 2, 128, 128) channel, band, frame; dB, not normalised
	Scores    []float32 // (MaxBatch, K) probabilities
	Attention []float32 // (MaxBatch, T)

	s        *Session   // nil: memory alone
	bindings []*binding // by windows − 1; nil until first used
}

// binding ties the part of a Batch's memory that so many windows take to the runtime.
type binding struct {
	io              *ort.IoBinding
	in, scores, att *ort.Tensor[float32]
}

// NewBatch allocates memory for maxBatch windows that no session of this process scores: for a [Batcher] whose [Scorer]
// is elsewhere.
func NewBatch(maxBatch, labels, steps int) *Batch {
	return &Batch{
		X:         make([]float32, maxBatch*WindowLen),
		Scores:    make([]float32, maxBatch*labels),
		Attention: make([]float32, maxBatch*steps),
	}
}

// NewBatch allocates memory for up to MaxBatch windows.
func (s *Session) NewBatch() *Batch {
	b := NewBatch(s.MaxBatch, s.Labels, s.Steps)
	b.s, b.bindings = s, make([]*binding, s.MaxBatch)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, b)
	return b
}

// Run scores the first n windows of X, 1 ≤ n ≤ MaxBatch. It fails with [ErrNotFinite] when
// a score is no finite number, and with [ErrClosed] after the session's Close. It allocates
// nothing once a number of windows has been used.
func (b *Batch) Run(n int) error {
	if n < 1 || n > b.s.MaxBatch {
		panic(fmt.Sprintf("infer: batch of %d windows, want 1 to %d", n, b.s.MaxBatch))
	}
	if err := b.run(n); err != nil {
		return err
	}
	for i := range n {
		if k := settle(b.Scores[i*b.s.Labels:][:b.s.Labels]); k >= 0 {
			return fmt.Errorf("window %d of %d, class %d: %w", i, n, k, ErrNotFinite)
		}
	}
	return nil
}

// Windows are the parts of X, Scores and Attention that n windows take.
func (b *Batch) Windows(n int) (x, scores, attention []float32) {
	most := len(b.X) / WindowLen
	return b.X[:n*WindowLen], b.Scores[:n*(len(b.Scores)/most)], b.Attention[:n*(len(b.Attention)/most)]
}

// Local is the [Scorer] of a session's own batches.
func Local(b *Batch, n int) error { return b.run(n) }

// run is Run without the checks before and after.
func (b *Batch) run(n int) error {
	s := b.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return ErrClosed
	}
	bound, err := b.bind(n)
	if err != nil {
		return err
	}
	if err := s.session.RunWithBinding(bound.io); err != nil {
		return fmt.Errorf("run %d windows on %s: %s", n, s.Provider, oneLine(err))
	}
	return nil
}

// bind returns the binding for n windows, made when first asked for; s.mu is held.
func (b *Batch) bind(n int) (*binding, error) {
	if bound := b.bindings[n-1]; bound != nil {
		return bound, nil
	}
	bound := &binding{}
	if err := bound.open(b, int64(n)); err != nil {
		bound.close()
		return nil, fmt.Errorf("bind buffers for %d windows: %w", n, err)
	}
	b.bindings[n-1] = bound
	return bound, nil
}

func (t *binding) open(b *Batch, n int64) (err error) {
	if t.in, err = ort.NewTensor(ort.NewShape(n, Channels, Bands, Frames), b.X); err != nil {
		return err
	}
	if t.scores, err = ort.NewTensor(ort.NewShape(n, int64(b.s.Labels)), b.Scores); err != nil {
		return err
	}
	if t.att, err = ort.NewTensor(ort.NewShape(n, int64(b.s.Steps)), b.Attention); err != nil {
		return err
	}
	if t.io, err = b.s.session.CreateIoBinding(); err != nil {
		return err
	}
	return errors.Join(t.io.BindInput("window", t.in), t.io.BindOutput("scores", t.scores), t.io.BindOutput("attention", t.att))
}

func (t *binding) close() {
	if t.io != nil {
		_ = t.io.Destroy()
	}
	for _, v := range []*ort.Tensor[float32]{t.in, t.scores, t.att} {
		if v != nil {
			_ = v.Destroy()
		}
	}
}
