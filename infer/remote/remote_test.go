package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/infer"
	"earshot/infer/remote/oip"
	"earshot/internal/test/inferserver"
)

const steps = 3

var labels = []string{"dog", "siren"}

// score is a network of two labels that looks at both channels.
func score(x []float32, n int) (scores, attention []float32, err error) {
	for i := range n {
		window := x[i*infer.WindowLen:][:infer.WindowLen]
		sum := 0.0
		for k, v := range window {
			sum += float64(v) * (1 + float64(k%7))
		}
		dog := float32(1 / (1 + math.Exp(sum/infer.WindowLen/300+0.5)))
		scores = append(scores, dog, 1-dog)
		attention = append(attention, 0.5, 0.25, 0.25)
	}
	return scores, attention, nil
}

// contract is that of the network score.
func contract(t testing.TB) Contract {
	t.Helper()
	c, err := NewContract(&infer.Model{Labels: labels, Steps: steps, FrontEnd: `{"bands":128,"hop":512}`}, score)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at are settings for the server at an address.
func at(t testing.TB, address string) Settings {
	t.Helper()
	a, err := ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	return Settings{Address: a, Model: "earshot", Timeout: time.Minute, MaxBatch: 4}
}

func bearing(token string) func() (string, error) {
	return func() (string, error) { return token, nil }
}

// TestScores: what comes back over either protocol, in any form, is what the network says, for one window and for many.
func TestScores(t *testing.T) {
	for _, c := range []struct {
		name, scheme string
		half, plain  bool
	}{
		{"gRPC", "grpc://", false, false},
		{"gRPC, 16 bits", "grpc://", true, false},
		{"HTTP, binary", "http://", false, false},
		{"HTTP, binary, 16 bits", "http://", true, false},
		{"HTTP, JSON", "http://", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := inferserver.New(len(labels), steps, score)
			if c.half {
				server.Inputs[0].Datatype = "FP16"
			}
			if c.plain {
				server.Extensions = nil
			}
			host := ""
			if c.scheme == "grpc://" {
				host, _ = server.GRPC(t, "")
			} else {
				host = server.HTTP(t)
			}
			s := at(t, c.scheme+host)
			s.FP16 = c.half
			v, err := Dial(t.Context(), s, contract(t))
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if v.Name != "inferserver 1" {
				t.Errorf("it is called %q", v.Name)
			}
			before := server.Bytes.Load()
			tolerance := 0.0
			if c.half {
				tolerance = 1e-3
			}
			for _, n := range []int{1, 4} {
				x := make([]float32, n*infer.WindowLen)
				for i := range x {
					x[i] = -90 + float32(i%61)*1.37
				}
				scores, attention := make([]float32, n*len(labels)), make([]float32, n*steps)
				if err := v.Score(t.Context(), x, n, scores, attention); err != nil {
					t.Fatal(err)
				}
				want, wantAttention, _ := score(x, n)
				for i := range want {
					if math.Abs(float64(scores[i]-want[i])) > tolerance {
						t.Errorf("%d windows: score %d is %v, want %v", n, i, scores[i], want[i])
					}
				}
				if attention[0] != wantAttention[0] || attention[n*steps-1] != wantAttention[n*steps-1] {
					t.Errorf("attention %v, want %v", attention, wantAttention)
				}
			}
			bytes := int64(5 * 4 * infer.WindowLen)
			if c.half {
				bytes /= 2
			}
			if got := server.Bytes.Load() - before; got != bytes {
				t.Errorf("five windows took %d bytes, want %d", got, bytes)
			}
		})
	}
}

// TestRefused: each way in which a server is not what is wanted has its own words, over both protocols; none shows a token.
func TestRefused(t *testing.T) {
	const secret = "tok3n-canary"
	other := func(x []float32, n int) (scores, attention []float32, err error) {
		scores, attention, err = score(x, n)
		for i := range scores {
			scores[i] = 1 - scores[i]
		}
		return scores, attention, err
	}
	for _, c := range []struct {
		name   string
		change func(*inferserver.Server)
		with   func(*Settings)
		want   string
	}{
		{"another model's name", nil, func(s *Settings) { s.Model = "yamnet" }, `it knows no model "yamnet"`},
		{"not ready", func(s *inferserver.Server) { s.Unready.Store(true) }, nil, `model "earshot"`},
		{"no such input", func(s *inferserver.Server) { s.Inputs[0].Name = "x\x1b[31m" }, nil, `it has no input "window", but "x\x1b[31m"`},
		{"another shape", func(s *inferserver.Server) { s.Inputs[0].Shape = []int64{-1, 1, 128, 128} }, nil, `its input "window" has the shape [-1 1 128 128], want [-1 2 128 128]`},
		{"one window at a time only", func(s *inferserver.Server) { s.Inputs[0].Shape[0] = 1 }, nil, "has the shape [1 2 128 128], want [-1 2 128 128]"},
		{"other classes", func(s *inferserver.Server) { s.Outputs[0].Shape = []int64{-1, 50} }, nil, `its output "scores" has the shape [-1 50], want [-1 2]`},
		{"16 bits there", func(s *inferserver.Server) { s.Inputs[0].Datatype = "FP16" }, nil, `of type "FP16", want FP32 (set precision: fp16)`},
		{"16 bits here", nil, func(s *Settings) { s.FP16 = true }, `of type "FP32", want FP16 (set precision: fp32, or export the model with --precision fp16)`},
		{"a second input", func(s *inferserver.Server) { s.Inputs = append(s.Inputs, inferserver.Tensor{Name: "length"}) }, nil, `it wants 2 inputs, "window", "length"; want "window" alone`},
		{"other labels", func(s *inferserver.Server) { s.Parameters = map[string]string{"labels": "dog,cat"} }, nil, `its label 1 is "cat", want "siren"`},
		{"more labels", func(s *inferserver.Server) { s.Parameters = map[string]string{"labels": "dog,siren,cat"} }, nil, `it knows 3 labels, want 2`},
		{"another front end", func(s *inferserver.Server) { s.Parameters = map[string]string{"front_end": `{"bands":64}`} }, nil, `its front end is another one, "{\"bands\":64}"`},
		{"another network", func(s *inferserver.Server) { s.Score = other }, nil, "it serves another network"},
		{"it fails", func(s *inferserver.Server) {
			s.Score = func([]float32, int) (a, b []float32, err error) { return nil, nil, errors.New("out of memory\non GPU") }
		}, nil, `"out of memory on GPU"`},
		{"no token", func(s *inferserver.Server) { s.Token.Store("other") }, nil, "it wants a token, and token_file names none"},
		{"an old token", func(s *inferserver.Server) { s.Token.Store("other") }, func(s *Settings) { s.Token = bearing(secret) }, "it refuses the token, which is wrong or has expired"},
		{"a token that is none", nil, func(s *Settings) { s.Token = bearing("two words") }, "the token holds a space"},
		{"too slow", func(s *inferserver.Server) { s.Delay.Store(int64(20 * time.Millisecond)) }, func(s *Settings) { s.Timeout = time.Millisecond }, "a trial window within the timeout of 1ms: no answer in time"},
	} {
		for _, scheme := range []string{"grpc://", "http://"} {
			t.Run(c.name+" "+scheme, func(t *testing.T) {
				server := inferserver.New(len(labels), steps, score)
				if c.change != nil {
					c.change(server)
				}
				var host string
				if scheme == "grpc://" {
					host, _ = server.GRPC(t, "")
				} else {
					host = server.HTTP(t)
				}
				s := at(t, scheme+host)
				if c.with != nil {
					c.with(&s)
				}
				v, err := Dial(t.Context(), s, contract(t))
				if err == nil {
					v.Close()
					t.Fatal("taken")
				}
				if text := err.Error(); !strings.Contains(text, c.want) || strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, secret) {
					t.Errorf("%q, want %q, on one line, without the token", text, c.want)
				}
			})
		}
	}
}

// TestTaken: labels, front end and token that fit.
func TestTaken(t *testing.T) {
	server := inferserver.New(len(labels), steps, score)
	server.Parameters = map[string]string{"labels": "dog,siren", "front_end": `{"hop": 512, "bands": 128}`}
	server.Token.Store("good")
	host, _ := server.GRPC(t, "")
	for _, address := range []string{"grpc://" + host, "http://" + server.HTTP(t)} {
		s := at(t, address)
		s.Token = bearing("good")
		v, err := Dial(t.Context(), s, contract(t))
		if err != nil {
			t.Fatal(err)
		}
		v.Close()
	}
}

// TestGarbled: what a server sends is held against what was asked before it is believed.
func TestGarbled(t *testing.T) {
	for _, c := range []struct {
		name   string
		garble func(*oip.ModelInferResponse)
		want   string
	}{
		{"no scores", func(r *oip.ModelInferResponse) { r.Outputs[0].Name = "logits" }, `its answer has no "scores"`},
		{"too few", func(r *oip.ModelInferResponse) { r.RawOutputContents[0] = r.RawOutputContents[0][:4] }, `its "scores" are 1 values, want the 2`},
		{"not whole", func(r *oip.ModelInferResponse) { r.RawOutputContents[0] = r.RawOutputContents[0][:7] }, `its "scores" are 0 values`},
		{"another shape", func(r *oip.ModelInferResponse) { r.Outputs[0].Shape = []int64{2, 1} }, `have the shape [2 1], want [1 2]`},
		{"a hundred dimensions", func(r *oip.ModelInferResponse) { r.Outputs[0].Shape = make([]int64, 100) }, `(100 dimensions), want [1 2]`},
		{"another type", func(r *oip.ModelInferResponse) { r.Outputs[1].Datatype = "FP64" }, `"attention" is of type "FP64", want FP32`},
		{"no number", func(r *oip.ModelInferResponse) {
			copy(r.RawOutputContents[1], []byte{0, 0, 0xc0, 0x7f})
		}, `value 0 of its "attention" is no finite number`},
		{"as much as there is", func(r *oip.ModelInferResponse) { r.RawOutputContents[0] = make([]byte, 8<<20) }, "over a limit"},
	} {
		server := inferserver.New(len(labels), steps, score)
		server.Garble = c.garble
		host, _ := server.GRPC(t, "")
		_, err := Dial(t.Context(), at(t, host), contract(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestTLS: a certificate of an authority that is named is taken; others, and a server without, are told apart.
func TestTLS(t *testing.T) {
	own := httptest.NewUnstartedServer(nil)
	own.StartTLS()
	defer own.Close()
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	server := inferserver.New(len(labels), steps, score)
	server.TLS = &tls.Config{Certificates: own.TLS.Certificates, MinVersion: tls.VersionTLS12}
	plain := inferserver.New(len(labels), steps, score)
	secureGRPC, _ := server.GRPC(t, "")
	plainGRPC, _ := plain.GRPC(t, "")
	secureHTTP, plainHTTP := server.HTTP(t), plain.HTTP(t)
	notPEM := filepath.Join(dir, "not.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, address, ca, want string }{
		{"named", "grpcs://" + secureGRPC, ca, ""},
		{"named", "https://" + secureHTTP, ca, ""},
		{"not named", "grpcs://" + secureGRPC, "", "its certificate is not signed by an authority that this system trusts (set ca_file)"},
		{"not named", "https://" + secureHTTP, "", "its certificate is not signed by an authority that this system trusts (set ca_file)"},
		{"another name", "grpcs://" + strings.Replace(secureGRPC, "127.0.0.1", "localhost", 1), ca, "its certificate is not good: certificate is valid for"},
		{"another name", "https://" + strings.Replace(secureHTTP, "127.0.0.1", "localhost", 1), ca, "its certificate is not good: certificate is valid for"},
		{"none there", "grpcs://" + plainGRPC, ca, "it does not speak TLS on this port"},
		{"none there", "https://" + plainHTTP, ca, "it does not speak TLS on this port"},
		{"none here", "grpc://" + secureGRPC, "", "it does not speak this protocol on this port"},
		{"the other port", "grpc://" + plainHTTP, "", "it does not speak this protocol on this port"},
		{"no certificate", "grpcs://" + secureGRPC, notPEM, "no PEM certificate in it"},
		{"no file", "grpcs://" + secureGRPC, filepath.Join(dir, "none"), "certificate authority: "},
	} {
		s := at(t, c.address)
		s.CAFile = c.ca
		v, err := Dial(t.Context(), s, contract(t))
		if err == nil {
			v.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %q", c.name, c.address, err, c.want)
		}
	}
	if authorities := x509.NewCertPool(); !authorities.AppendCertsFromPEM(block) {
		t.Error("the test's certificate is none")
	}
}

// TestNoTokenInTheClear: a token goes to another machine by TLS only.
func TestNoTokenInTheClear(t *testing.T) {
	s := at(t, "grpc://192.0.2.1:8001") // documentation's network; never reached
	s.Token = bearing("secret")
	_, err := Dial(t.Context(), s, Contract{})
	if err == nil || !strings.Contains(err.Error(), "in the clear: want grpcs:// or https:// instead of grpc://192.0.2.1:8001") {
		t.Error(err)
	}
}

func TestNothingListens(t *testing.T) {
	server := inferserver.New(len(labels), steps, score)
	host, stop := server.GRPC(t, "")
	stop()
	for _, scheme := range []string{"grpc://", "http://"} {
		_, err := Dial(context.Background(), at(t, scheme+host), contract(t))
		if err == nil || err.Error() != "connection refused: nothing listens there" {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"gpu.lan:8001": "grpc://gpu.lan:8001", "grpcs://[::1]:443": "grpcs://[::1]:443",
		"http://gpu.lan": "http://gpu.lan:80", "https://gpu.lan/triton/": "https://gpu.lan:443/triton",
		"gpu.lan": "port", "grpc://a:0": "port", "": "not an address", "ftp://a:1": "scheme",
		"https://user:canary@gpu.lan": "holds more than", "https://gpu.lan?token=canary": "holds more than", "grpc://a:1/b": "no path",
	} {
		a, err := ParseAddress(text)
		got := a.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) || strings.Contains(got, "canary") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
