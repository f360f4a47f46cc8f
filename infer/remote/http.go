package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"earshot/infer"
)

// httpConn speaks the protocol's HTTP form. Tensors are bytes behind the JSON where the server lists that extension, else
// numbers in it, which takes five times the bytes.
type httpConn struct {
	s      *Settings
	token  string
	client *http.Client
	base   string // of the model
	binary bool   // set by describe
}

// binaryLength is the header that says how many bytes of a body are JSON.
const binaryLength = "Inference-Header-Content-Length"

// binaryExtension is what a server lists that takes tensors as bytes.
const binaryExtension = "binary_tensor_data"

func newHTTP(s *Settings, token string) (*httpConn, error) {
	secure, err := s.tlsConfig()
	if err != nil {
		return nil, err
	}
	c := &httpConn{s: s, token: token, base: "/v2/models/" + s.Model}
	if s.Version != "" {
		c.base += "/versions/" + s.Version
	}
	c.client = &http.Client{
		Transport: &http.Transport{
			DialContext: s.dialer().DialContext, TLSClientConfig: secure, ForceAttemptHTTP2: secure != nil,
			DisableCompression: true, MaxResponseHeaderBytes: maxHeader, MaxIdleConns: 2, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a token goes nowhere else
	}
	return c, nil
}

func (c *httpConn) close() { c.client.CloseIdleConnections() }

// call sends body (nil: asks) and returns what comes back, at most maxAnswer bytes, and how many bytes of it are JSON.
func (c *httpConn) call(ctx context.Context, path string, body []byte, jsonBytes int) (answer []byte, header int, err error) {
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(ctx, method, "", bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	r.URL = &url.URL{Scheme: "http", Host: c.s.Address.Host, Path: c.s.Address.Prefix + path}
	if c.s.Address.TLS {
		r.URL.Scheme = "https"
	}
	r.Host = c.s.Address.Host
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		if jsonBytes < len(body) {
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set(binaryLength, strconv.Itoa(jsonBytes))
		}
	}
	response, err := c.client.Do(r)
	if err != nil {
		return nil, 0, unreachable(err, c.s)
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, 0, unreachable(err, c.s)
	case len(answer) > maxAnswer:
		return nil, 0, fmt.Errorf("its answer has more than %d bytes", maxAnswer)
	case response.StatusCode != http.StatusOK:
		return nil, 0, c.explain(response.StatusCode, answer)
	}
	header = len(answer)
	if text := response.Header.Get(binaryLength); text != "" {
		if header, err = strconv.Atoi(text); err != nil || header < 0 || header > len(answer) {
			return nil, 0, fmt.Errorf("it says that %.20q of its %d bytes are JSON", text, len(answer))
		}
	}
	return answer, header, nil
}

// explain puts an answer that is none into words that help.
func (c *httpConn) explain(code int, body []byte) error {
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // of a proxy it may be HTML
	why := quote(or(said.Error, http.StatusText(code)), c.token)
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return refused(c.token != "", why)
	case http.StatusNotFound:
		return fmt.Errorf("it knows no model %s: %q", c.s.modelName(), why)
	}
	return fmt.Errorf("HTTP %d: %q", code, why)
}

// ask decodes a JSON answer.
func (c *httpConn) ask(ctx context.Context, path string, v any) error {
	answer, _, err := c.call(ctx, path, nil, 0)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("what it says at %s is not what the protocol has there: %s", path, quote(err.Error(), c.token))
	}
	return nil
}

func (c *httpConn) ready(ctx context.Context) error {
	_, _, err := c.call(ctx, c.base+"/ready", nil, 0)
	return err
}

func (c *httpConn) describe(ctx context.Context) (*description, error) {
	var server struct {
		Name, Version string
		Extensions    []string
	}
	var model struct {
		Inputs, Outputs        []tensor
		Properties, Parameters map[string]any // MLServer's word is the second
	}
	if err := c.ask(ctx, "/v2", &server); err != nil {
		return nil, err
	}
	if err := c.ask(ctx, c.base, &model); err != nil {
		return nil, err
	}
	d := &description{server: server.Name, version: server.Version, extensions: server.Extensions,
		inputs: model.Inputs, outputs: model.Outputs, properties: map[string]string{}}
	for _, m := range []map[string]any{model.Properties, model.Parameters} {
		for key, value := range m {
			if text, ok := value.(string); ok {
				d.properties[key] = text
			}
		}
	}
	c.binary = slices.Contains(d.extensions, binaryExtension)
	if c.s.FP16 && !c.binary {
		return nil, fmt.Errorf("it lists no %s, without which HTTP carries no 16-bit floats: want gRPC, or precision: fp32", binaryExtension)
	}
	if slices.Contains(d.extensions, "model_configuration") {
		var config struct {
			Parameters map[string]struct {
				Value string `json:"string_value"`
			}
		}
		if err := c.ask(ctx, c.base+"/config", &config); err != nil {
			return nil, err
		}
		for key, p := range config.Parameters {
			d.properties[key] = p.Value
		}
	}
	return d, nil
}

// httpTensor is an input or output in JSON; its data are numbers here or, with binary_data_size, bytes behind.
type httpTensor struct {
	Name       string         `json:"name"`
	Datatype   string         `json:"datatype,omitempty"`
	Shape      []int64        `json:"shape,omitempty"`
	Parameters map[string]any `json:"parameters,omitempty"`
	Data       []float32      `json:"data,omitempty"`
}

func (c *httpConn) infer(ctx context.Context, r request) (scores, attention output, err error) {
	in := httpTensor{Name: inputName, Datatype: c.s.datatype(), Shape: []int64{int64(r.n), infer.Channels, infer.Bands, infer.Frames}}
	var want map[string]any
	if c.binary {
		in.Parameters = map[string]any{"binary_data_size": len(r.data)}
		want = map[string]any{"binary_data": true}
	} else {
		in.Data = r.x
	}
	body, err := json.Marshal(map[string]any{"inputs": []httpTensor{in},
		"outputs": []httpTensor{{Name: scoresName, Parameters: want}, {Name: attentionName, Parameters: want}}})
	if err != nil {
		return scores, attention, fmt.Errorf("windows as JSON: %w", err)
	}
	header := len(body)
	if c.binary {
		body = append(body, r.data...)
	}
	answer, jsonBytes, err := c.call(ctx, c.base+"/infer", body, header)
	if err != nil {
		return scores, attention, err
	}
	var said struct{ Outputs []httpTensor }
	if err := json.Unmarshal(answer[:jsonBytes], &said); err != nil {
		return scores, attention, fmt.Errorf("its answer is not the protocol's: %s", quote(err.Error(), c.token))
	}
	behind := answer[jsonBytes:]
	for _, t := range said.Outputs {
		out := output{t.Shape, t.Data}
		if size, ok := t.Parameters["binary_data_size"].(float64); ok {
			if size < 0 || size > float64(len(behind)) {
				return scores, attention, errors.New("its answer ends before its last tensor")
			}
			out.values, behind = floats(behind[:int(size)]), behind[int(size):]
		}
		if t.Name != scoresName && t.Name != attentionName {
			continue
		}
		if t.Datatype != "FP32" {
			return scores, attention, fmt.Errorf("its output %q is of type %.20q, want FP32", t.Name, t.Datatype)
		}
		if t.Name == scoresName {
			scores = out
		} else {
			attention = out
		}
	}
	return scores, attention, nil
}
