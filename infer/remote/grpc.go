package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"earshot/infer"
	"earshot/infer/remote/oip"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// grpcConn speaks the protocol's gRPC form, tensors as raw bytes.
type grpcConn struct {
	s      *Settings
	token  string
	client *grpc.ClientConn
	calls  oip.GRPCInferenceServiceClient
}

func newGRPC(s *Settings, token string) (*grpcConn, error) {
	secure, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	transport := insecure.NewCredentials()
	if secure != nil {
		transport = credentials.NewTLS(secure)
	}
	client, err := grpc.NewClient("passthrough:///"+s.Address.Host,
		grpc.WithTransportCredentials(transport),
		grpc.WithNoProxy(),
		grpc.WithDisableServiceConfig(), // no name server's word on how to call
		grpc.WithDisableRetry(),
		grpc.WithMaxHeaderListSize(maxHeader),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: dialLimit}),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			return s.dialer().DialContext(ctx, "tcp", address)
		}))
	if err != nil {
		return nil, unreachable(err, s)
	}
	return &grpcConn{s: s, token: token, client: client, calls: oip.NewGRPCInferenceServiceClient(client)}, nil
}

func (c *grpcConn) close() { _ = c.client.Close() }

// with puts the token to the call.
func (c *grpcConn) with(ctx context.Context) context.Context {
	if c.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
}

// explain puts gRPC's errors into words that help.
func (c *grpcConn) explain(err error) error {
	st := status.Convert(err)
	switch st.Code() {
	case codes.Unauthenticated, codes.PermissionDenied:
		return refused(c.token != "", quote(st.Message(), c.token))
	case codes.NotFound:
		return fmt.Errorf("it knows no model %s: %q", c.s.modelName(), quote(st.Message(), c.token))
	case codes.DeadlineExceeded:
		return errors.New("no answer in time")
	case codes.ResourceExhausted:
		return fmt.Errorf("it, or its answer, is over a limit: %q", quote(st.Message(), c.token))
	case codes.Unimplemented:
		return fmt.Errorf("it does not speak the Open Inference Protocol: %q", quote(st.Message(), c.token))
	case codes.Unavailable:
		return unreachable(err, c.s)
	}
	return fmt.Errorf("%s: %q", st.Code(), quote(st.Message(), c.token))
}

// refused is the error of a server that wants another token.
func refused(sent bool, why string) error {
	if !sent {
		return fmt.Errorf("it wants a token, and token_file names none: %q", why)
	}
	return fmt.Errorf("it refuses the token, which is wrong or has expired: %q", why)
}

// modelName is the model as people write it.
func (s *Settings) modelName() string {
	if s.Version == "" {
		return fmt.Sprintf("%q", s.Model)
	}
	return fmt.Sprintf("%q of version %q", s.Model, s.Version)
}

func (c *grpcConn) ready(ctx context.Context) error {
	r, err := c.calls.ModelReady(c.with(ctx), &oip.ModelReadyRequest{Name: c.s.Model, Version: c.s.Version})
	if err != nil {
		return c.explain(err)
	}
	if !r.Ready {
		return notReady(c.s)
	}
	return nil
}

func notReady(s *Settings) error {
	return fmt.Errorf("its model %s is not ready, or not there", s.modelName())
}

func (c *grpcConn) describe(ctx context.Context) (*description, error) {
	ctx = c.with(ctx)
	server, err := c.calls.ServerMetadata(ctx, &oip.ServerMetadataRequest{})
	if err != nil {
		return nil, c.explain(err)
	}
	model, err := c.calls.ModelMetadata(ctx, &oip.ModelMetadataRequest{Name: c.s.Model, Version: c.s.Version})
	if err != nil {
		return nil, c.explain(err)
	}
	d := &description{server: server.Name, version: server.Version, extensions: server.Extensions, properties: map[string]string{}}
	for _, t := range model.Inputs {
		d.inputs = append(d.inputs, tensor{t.Name, t.Datatype, t.Shape})
	}
	for _, t := range model.Outputs {
		d.outputs = append(d.outputs, tensor{t.Name, t.Datatype, t.Shape})
	}
	for key, value := range model.Properties {
		d.properties[key] = property(value)
	}
	if slices.Contains(d.extensions, "model_configuration") {
		return d, c.configuration(ctx, d)
	}
	return d, nil
}

// property is a model's property, a text by the protocol; MLServer writes an InferParameter {string_param 3}.
func property(value []byte) string {
	var p oip.InferParameter
	if len(value) > 1 && value[0] == 3<<3|2 && proto.Unmarshal(value, &p) == nil {
		return p.GetStringParam()
	}
	return string(value)
}

// configuration asks for what travels with a model of Triton's.
func (c *grpcConn) configuration(ctx context.Context, d *description) error {
	var r oip.ModelConfigResponse
	err := c.client.Invoke(ctx, "/inference.GRPCInferenceService/ModelConfig", &oip.ModelConfigRequest{Name: c.s.Model, Version: c.s.Version}, &r)
	if err != nil {
		return c.explain(err)
	}
	for key, p := range r.GetConfig().GetParameters() {
		d.properties[key] = p.GetStringValue()
	}
	return nil
}

func (c *grpcConn) infer(ctx context.Context, r request) (scores, attention output, err error) {
	answer, err := c.calls.ModelInfer(c.with(ctx), &oip.ModelInferRequest{
		ModelName: c.s.Model, ModelVersion: c.s.Version,
		Inputs: []*oip.ModelInferRequest_InferInputTensor{{Name: inputName, Datatype: c.s.datatype(),
			Shape: []int64{int64(r.n), infer.Channels, infer.Bands, infer.Frames}}},
		Outputs:          []*oip.ModelInferRequest_InferRequestedOutputTensor{{Name: scoresName}, {Name: attentionName}},
		RawInputContents: [][]byte{r.data},
	})
	if err != nil {
		return scores, attention, c.explain(err)
	}
	for i, t := range answer.Outputs {
		var out output
		switch {
		case t.Name != scoresName && t.Name != attentionName:
			continue
		case t.Datatype != "FP32":
			return scores, attention, fmt.Errorf("its output %q is of type %.20q, want FP32", t.Name, t.Datatype)
		case len(answer.RawOutputContents) > i:
			out = output{t.Shape, floats(answer.RawOutputContents[i])}
		default:
			out = output{t.Shape, t.GetContents().GetFp32Contents()}
		}
		if t.Name == scoresName {
			scores = out
		} else {
			attention = out
		}
	}
	return scores, attention, nil
}

// dialLimit is how long making a connection and trying it out may take: a graphics card's first run is slow.
const dialLimit = 10 * time.Second
