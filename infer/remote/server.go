package remote

import (
	"context"
	"errors"
	"fmt"
	"math"

	"earshot/infer"
)

// Server is a connection to a server that was found to keep the contract. It belongs to one goroutine, but for Ready.
type Server struct {
	Name string // as it calls itself, with its version; quoted where that is needed

	s    Settings
	c    Contract
	conn conn
	data []byte // of a request, kept for the next
}

// Dial connects to a server, holds it against the contract and tries it out. The error says what is wrong with it, not
// which server it is.
func Dial(ctx context.Context, s Settings, c Contract) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	var made conn
	if s.Address.HTTP {
		made, err = newHTTP(&s, token)
	} else {
		made, err = newGRPC(&s, token)
	}
	if err != nil {
		return nil, err
	}
	server := &Server{s: s, c: c, conn: made}
	if err := server.try(ctx); err != nil {
		made.close()
		return nil, err
	}
	return server, nil
}

// try asks what the server is, and lets it score the trial windows: one by one, and as many together as ever will be.
func (v *Server) try(ctx context.Context) error {
	d, err := v.conn.describe(ctx)
	if err != nil {
		return err
	}
	v.Name = quote(d.server+" "+d.version, "")
	if err := v.c.hold(d, &v.s); err != nil {
		return err
	}
	if err := v.conn.ready(ctx); err != nil {
		return err
	}
	k, trials := len(v.c.Labels), len(v.c.Trial.X)/infer.WindowLen
	for i := range trials {
		scores, attention := make([]float32, k), make([]float32, v.c.Steps)
		if err := v.score(ctx, v.c.Trial.X[i*infer.WindowLen:][:infer.WindowLen], 1, scores, attention); err != nil {
			return fmt.Errorf("a trial window: %w", err)
		}
		if err := v.c.judge(i, scores); err != nil {
			return err
		}
	}
	if trials == 0 {
		return nil
	}
	n := v.s.MaxBatch
	x, scores, attention := make([]float32, n*infer.WindowLen), make([]float32, n*k), make([]float32, n*v.c.Steps)
	for i := range n {
		copy(x[i*infer.WindowLen:], v.c.Trial.X[i%trials*infer.WindowLen:][:infer.WindowLen])
	}
	if err := v.score(ctx, x, n, scores, attention); err != nil {
		return fmt.Errorf("%d trial windows together: %w", n, err)
	}
	for i := range n {
		if err := v.c.judge(i%trials, scores[i*k:][:k]); err != nil {
			return fmt.Errorf("%d windows together: %w", n, err)
		}
	}
	// Warm by now: live windows will have no more time than this.
	if err := v.Score(ctx, x[:infer.WindowLen], 1, scores[:k], attention[:v.c.Steps]); err != nil {
		return fmt.Errorf("a trial window within the timeout of %v: %w", v.s.Timeout, err)
	}
	return nil
}

// Score lets the server score n windows, 1 ≤ n ≤ MaxBatch, within the timeout.
//
//	x         (n, 2, 128, 128) channel, band, frame; dB
//	scores    (n, K)
//	attention (n, T)
//
// What it writes are numbers; what an error leaves in scores and attention means nothing.
func (v *Server) Score(ctx context.Context, x []float32, n int, scores, attention []float32) error {
	ctx, cancel := context.WithTimeout(ctx, v.s.Timeout)
	defer cancel()
	return v.score(ctx, x, n, scores, attention)
}

func (v *Server) score(ctx context.Context, x []float32, n int, scores, attention []float32) error {
	v.data = pack(v.data, x, v.s.FP16)
	s, a, err := v.conn.infer(ctx, request{n: n, data: v.data, x: x})
	if err != nil {
		return err
	}
	return errors.Join(take(scores, s, scoresName, n), take(attention, a, attentionName, n))
}

// take holds an output against the shape that was asked for before it is believed.
func take(dst []float32, out output, name string, n int) error {
	want := []int64{int64(n), int64(len(dst) / n)}
	switch {
	case out.shape == nil && out.values == nil:
		return fmt.Errorf("its answer has no %q", name)
	case len(out.shape) != 2 || out.shape[0] != want[0] || out.shape[1] != want[1]:
		return fmt.Errorf("its %q have the shape %s, want %v", name, shape(out.shape), want)
	case len(out.values) != len(dst):
		return fmt.Errorf("its %q are %d values, want the %d of the shape %v", name, len(out.values), len(dst), want)
	}
	for i, v := range out.values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("value %d of its %q is no finite number", i, name)
		}
	}
	copy(dst, out.values)
	return nil
}

// Ready asks whether the model still answers.
func (v *Server) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	return v.conn.ready(ctx)
}

// Close ends the connection.
func (v *Server) Close() { v.conn.close() }
