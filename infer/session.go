package infer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Options say how a [Session] runs.
type Options struct {
	Provider string // auto, cuda, tensorrt, openvino or cpu; "" is auto
	DeviceID int    // of the GPU, ≥ 0
	Threads  int    // CPU threads in one run; 0 is 1, which spends the least processor time a window
	MaxBatch int    // most windows in one Run; 0 is 2 on the CPU and 8 elsewhere
	Choice   string // file that remembers what auto found to be the fastest; "": it is found out each time

	profile string // input and shape for TensorRT's engine, %d for the batch
	trace   string // prefix of the file that the runtime writes of each node it ran; "": none
}

// Bounds and defaults of Options. On one CPU thread a batch of 8 takes 8 times
// as long as one window (measured: 3.85 against 3.97 ms a window), so a large
// batch only delays the first result; a GPU gains.
const (
	cpuBatch      = 2
	gpuBatch      = 8
	MaxBatchLimit = 256
	MaxThreads    = 256
)

// withDefaults fills in what is 0 and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Provider == "" {
		o.Provider = Auto
	}
	if o.Threads == 0 {
		o.Threads = 1
	}
	var errs []error
	if o.Threads < 1 || o.Threads > MaxThreads {
		errs = append(errs, fmt.Errorf("threads %d, want 1 to %d", o.Threads, MaxThreads))
	}
	if o.MaxBatch < 0 || o.MaxBatch > MaxBatchLimit {
		errs = append(errs, fmt.Errorf("batch of %d windows, want 1 to %d, or 0 for the default", o.MaxBatch, MaxBatchLimit))
	}
	if o.DeviceID < 0 {
		errs = append(errs, fmt.Errorf("device %d, want 0 or more", o.DeviceID))
	}
	return o, errors.Join(errs...)
}

// ErrClosed is what a closed Session's Run returns.
var ErrClosed = errors.New("the session is closed")

// ErrNotFinite is wrapped by Run's error when a score is not a finite number.
var ErrNotFinite = errors.New("score is not a finite number")

// Session scores windows with one loaded model. Run is safe for concurrent
// use; runs take turns. The memory of a run is a [Batch], allocated once.
type Session struct {
	Provider string      // the one in use: cuda, tensorrt, openvino with its device in brackets, or cpu
	Rejected []Rejection // those that auto tried before it, and why not
	MaxBatch int
	Labels   int // K
	Steps    int // T

	mu      sync.Mutex // guards what follows
	session *ort.DynamicAdvancedSession
	batches []*Batch
	own     *Batch     // of Run and RunInto
	turn    sync.Mutex // guards own, and is taken before mu
}

// NewSession loads a model into ONNX Runtime; [Init] must have been called. It
// runs one window of silence, so that a model or a provider that cannot run
// fails here and not an hour later. A model from a file is tried in a process of its own before.
func NewSession(m *Model, o Options) (*Session, error) {
	s, rejected, err := load(file{"model", m.Path, m.Bytes, m.SHA256, m.foreign}, o, func(o Options, c candidate) (*Session, error) { return openSession(m, o, c) })
	if err != nil {
		return nil, err
	}
	s.Rejected = rejected
	return s, nil
}

// openSession loads the model with one provider and tries it out.
func openSession(m *Model, o Options, c candidate) (*Session, error) {
	if o.MaxBatch == 0 {
		o.MaxBatch = gpuBatch
		if c.onProcessor() {
			o.MaxBatch = cpuBatch
		}
	}
	o.profile = fmt.Sprintf("window:%%dx%dx%dx%d", Channels, Bands, Frames)
	opts, err := sessionOptions(o, c)
	if err != nil {
		return nil, err
	}
	defer opts.Destroy()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(m.Bytes, nil, nil, opts)
	if err != nil {
		return nil, fmt.Errorf("ONNX Runtime refuses the model: %s", oneLine(err))
	}
	s := &Session{
		Provider: c.String(), MaxBatch: o.MaxBatch, Labels: len(m.Labels), Steps: m.Steps,
		session: session,
	}
	s.own = s.NewBatch()
	if _, _, err := s.Run(make([]float32, WindowLen), 1); err != nil {
		s.Close()
		return nil, fmt.Errorf("a trial window of silence: %w", err)
	}
	return s, nil
}

// trial implements network.
func (s *Session) trial() ([]float32, error) {
	scores, _, err := s.Run(pattern(make([]float32, WindowLen)), 1)
	return scores, err
}

// Run scores n windows, 1 ≤ n ≤ MaxBatch, and returns fresh slices.
//
//	x         (n, 2, 128, 128) channel, band, frame; dB, not normalised
//	scores    (n, K) probabilities
//	attention (n, T)
//
// It fails with [ErrNotFinite] when a score is no finite number, and with
// [ErrClosed] after Close. It panics when x does not hold n windows.
func (s *Session) Run(x []float32, n int) (scores, attention []float32, err error) {
	scores = make([]float32, n*s.Labels)
	attention = make([]float32, n*s.Steps)
	if err := s.RunInto(x, n, scores, attention); err != nil {
		return nil, nil, err
	}
	return scores, attention, nil
}

// RunInto is Run into the caller's scores (n, K) and attention (n, T); it
// allocates nothing once a batch size has been used. Who runs often copies
// nothing with a [Batch] of its own.
func (s *Session) RunInto(x []float32, n int, scores, attention []float32) error {
	if len(x) != n*WindowLen || len(scores) != n*s.Labels || len(attention) != n*s.Steps {
		panic(fmt.Sprintf("infer: %d windows with %d values, %d scores, %d attention weights; want %d, %d, %d", n,
			len(x), len(scores), len(attention), n*WindowLen, n*s.Labels, n*s.Steps))
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	copy(s.own.X, x)
	err := s.own.Run(n)
	copy(scores, s.own.Scores)
	copy(attention, s.own.Attention)
	return err
}

// settle holds the scores of a window to 0…1: a network that gives no probabilities must not switch what it likes. It
// returns the index of the first that is no finite number, which is a fault, or −1.
func settle(scores []float32) int {
	if k := notFinite(scores); k >= 0 {
		return k
	}
	for i, v := range scores {
		scores[i] = min(1, max(0, v))
	}
	return -1
}

// notFinite is the index of the first value that is no finite number, −1 when all are.
func notFinite(p []float32) int {
	return slices.IndexFunc(p, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
}

// Close waits for a run in progress and frees the runtime's memory. It may be called twice.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.batches {
		for _, bound := range b.bindings {
			if bound != nil {
				bound.close()
			}
		}
	}
	s.batches = nil
	if s.session != nil {
		_ = s.session.Destroy()
		s.session = nil
	}
}
