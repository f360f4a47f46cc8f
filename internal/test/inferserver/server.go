// Package inferserver is a small server of the Open Inference Protocol, version 2, over gRPC and HTTP, that does as tests
// say: it serves what Score computes, and can be slow, wrong, or gone.
package inferserver

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/infer"
	"earshot/infer/remote/oip"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/x448/float16"
)

// Tensor is what the server says of an input or output.
type Tensor struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// Server serves one model. Fields that are no atomics are set before it listens.
type Server struct {
	oip.UnimplementedGRPCInferenceServiceServer
	Model           string
	Inputs, Outputs []Tensor
	Parameters      map[string]string // of Triton's configuration, told where Extensions lists it
	Extensions      []string
	Score           func(x []float32, n int) (scores, attention []float32, err error)
	Garble          func(*oip.ModelInferResponse) // before an answer goes out; nil: as it is
	TLS             *tls.Config

	Token   atomic.Value // string that a caller must bear; "": none
	Delay   atomic.Int64 // nanoseconds that a run takes besides
	Unready atomic.Bool
	Runs    atomic.Int64
	Bytes   atomic.Int64 // of windows taken
	mu      sync.Mutex   // runs take turns
}

// New serves a network of K labels and T steps by score, as "earshot".
func New(k, t int, score func(x []float32, n int) (scores, attention []float32, err error)) *Server {
	s := &Server{Model: "earshot", Score: score, Extensions: []string{"binary_tensor_data", "model_configuration"},
		Inputs:  []Tensor{{"window", "FP32", []int64{-1, infer.Channels, infer.Bands, infer.Frames}}},
		Outputs: []Tensor{{"scores", "FP32", []int64{-1, int64(k)}}, {"attention", "FP32", []int64{-1, int64(t)}}}}
	s.Token.Store("")
	return s
}

// GRPC listens on address ("": a free port of this machine) until stop is called or the test ends.
func (s *Server) GRPC(t testing.TB, address string) (host string, stop func()) {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var options []grpc.ServerOption
	if s.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.TLS)))
	}
	g := grpc.NewServer(options...)
	d := oip.GRPCInferenceService_ServiceDesc // with Triton's call beside the protocol's
	d.Methods = append(d.Methods[:len(d.Methods):len(d.Methods)], grpc.MethodDesc{MethodName: "ModelConfig", Handler: modelConfig})
	g.RegisterService(&d, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Serve(l)
	}()
	stop = sync.OnceFunc(func() {
		g.Stop()
		<-done
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

// HTTP listens on a free port until the test ends.
func (s *Server) HTTP(t testing.TB) (host string) {
	t.Helper()
	h := httptest.NewUnstartedServer(http.HandlerFunc(s.serveHTTP))
	h.TLS = s.TLS
	if s.TLS != nil {
		h.StartTLS()
	} else {
		h.Start()
	}
	t.Cleanup(h.Close)
	return h.Listener.Addr().String()
}

// allowed holds a caller's token.
func (s *Server) allowed(header []string) bool {
	want := s.Token.Load().(string)
	return want == "" || len(header) == 1 && header[0] == "Bearer "+want
}

func (s *Server) enter(ctx context.Context, model string) error {
	m, _ := metadata.FromIncomingContext(ctx)
	if token := m.Get("authorization"); !s.allowed(token) {
		return status.Errorf(codes.Unauthenticated, "token %q has expired", token)
	}
	if model != s.Model {
		return status.Errorf(codes.NotFound, "Request for unknown model: '%s' is not found", model)
	}
	return nil
}

func (s *Server) ServerMetadata(ctx context.Context, _ *oip.ServerMetadataRequest) (*oip.ServerMetadataResponse, error) {
	return &oip.ServerMetadataResponse{Name: "inferserver", Version: "1", Extensions: s.Extensions}, s.enter(ctx, s.Model)
}

func (s *Server) ModelReady(ctx context.Context, r *oip.ModelReadyRequest) (*oip.ModelReadyResponse, error) {
	return &oip.ModelReadyResponse{Ready: !s.Unready.Load()}, s.enter(ctx, r.Name)
}

func (s *Server) ModelMetadata(ctx context.Context, r *oip.ModelMetadataRequest) (*oip.ModelMetadataResponse, error) {
	out := &oip.ModelMetadataResponse{Name: s.Model, Versions: []string{"1"}}
	for _, t := range s.Inputs {
		out.Inputs = append(out.Inputs, &oip.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: t.Datatype, Shape: t.Shape})
	}
	for _, t := range s.Outputs {
		out.Outputs = append(out.Outputs, &oip.ModelMetadataResponse_TensorMetadata{Name: t.Name, Datatype: t.Datatype, Shape: t.Shape})
	}
	return out, s.enter(ctx, r.Name)
}

func modelConfig(srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var r oip.ModelConfigRequest
	if err := decode(&r); err != nil {
		return nil, err
	}
	s := srv.(*Server)
	c := &oip.ModelConfig{Name: s.Model, Parameters: map[string]*oip.ModelParameter{}}
	for key, value := range s.Parameters {
		c.Parameters[key] = &oip.ModelParameter{StringValue: value}
	}
	return &oip.ModelConfigResponse{Config: c}, s.enter(ctx, r.Name)
}

func (s *Server) ModelInfer(ctx context.Context, r *oip.ModelInferRequest) (*oip.ModelInferResponse, error) {
	if err := s.enter(ctx, r.ModelName); err != nil {
		return nil, err
	}
	n := int(r.Inputs[0].Shape[0])
	scores, attention, err := s.run(ctx, r.RawInputContents[0], n)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	out := &oip.ModelInferResponse{ModelName: s.Model}
	for i, x := range [][]float32{scores, attention} {
		out.Outputs = append(out.Outputs, &oip.ModelInferResponse_InferOutputTensor{Name: s.Outputs[i].Name, Datatype: "FP32", Shape: []int64{int64(n), int64(len(x) / n)}})
		out.RawOutputContents = append(out.RawOutputContents, bytesOf(x))
	}
	if s.Garble != nil {
		s.Garble(out)
	}
	return out, nil
}

// run scores raw windows, after the delay.
func (s *Server) run(ctx context.Context, raw []byte, n int) (scores, attention []float32, err error) {
	s.Runs.Add(1)
	s.Bytes.Add(int64(len(raw)))
	select {
	case <-time.After(time.Duration(s.Delay.Load())):
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	x := make([]float32, n*infer.WindowLen)
	for i := range x {
		if s.Inputs[0].Datatype == "FP16" {
			x[i] = float16.Frombits(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
		} else {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Score(x, n)
}

func bytesOf(x []float32) (raw []byte) {
	for _, v := range x {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}
