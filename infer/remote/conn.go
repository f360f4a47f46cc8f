package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"earshot/internal/readfile"
	"earshot/internal/redact"
)

// Settings say which server is asked, and how.
type Settings struct {
	Address  Address
	Model    string // its name there
	Version  string // "": the server chooses
	Timeout  time.Duration
	Token    func() (string, error) // of the owner, read anew for each connection; nil or "": none
	CAFile   string                 // certificate authorities, PEM; "": the system's
	FP16     bool                   // windows are sent as 16-bit floats
	MaxBatch int                    // most windows in one request
}

// tensor is what a server says of one input or output.
type tensor struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"` // −1 is free
}

// description is what a server says of itself and of the model.
type description struct {
	server, version string
	extensions      []string
	inputs, outputs []tensor
	properties      map[string]string // what travelled with the model: labels, front_end
}

// request is n windows on their way; answer takes their scores.
type request struct {
	n    int
	data []byte    // (n, 2, 128, 128) little-endian, of the type that Settings say
	x    []float32 // the same as numbers
}

// conn is a connection to a server, of either kind. Calls take turns. ctx bounds each in time; what comes back is bounded
// in bytes.
type conn interface {
	// describe asks for all that is to be known.
	describe(ctx context.Context) (*description, error)
	// ready is nil when the model answers.
	ready(ctx context.Context) error
	// infer returns the outputs called scores and attention, with their shapes.
	infer(ctx context.Context, r request) (scores, attention output, err error)
	close()
}

// output is a tensor that a server sent.
type output struct {
	shape  []int64
	values []float32
}

// The names that the model contract gives (docs/design.md).
const (
	inputName     = "window"
	scoresName    = "scores"
	attentionName = "attention"
)

// Limits of what a server may send, in bytes.
const (
	maxHeader = 16 << 10
	maxAnswer = 4 << 20 // 64 windows of 500 labels, in JSON
	maxQuoted = 200     // of its words in an error
)

// datatype of the windows, in the protocol's words.
func (s *Settings) datatype() string {
	if s.FP16 {
		return "FP16"
	}
	return "FP32"
}

// maxCertificates bounds a file of certificate authorities, in bytes.
const maxCertificates = 1 << 20

// tlsConfig is nil for a connection in the clear.
func (s *Settings) tlsConfig() (*tls.Config, error) {
	if !s.Address.TLS {
		return nil, nil
	}
	host, _, _ := net.SplitHostPort(s.Address.Host)
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.CAFile == "" {
		return t, nil
	}
	pem, err := readfile.Bytes(s.CAFile, maxCertificates)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificate authority %q: no PEM certificate in it", s.CAFile)
	}
	return t, nil
}

// token reads the token, and holds that it can stand in a header.
func (s *Settings) token() (string, error) {
	if s.Token == nil {
		return "", nil
	}
	token, err := s.Token()
	if err != nil {
		return "", err
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("the token holds a space or another character that no token has")
	}
	if token != "" && !s.Address.TLS && !s.Address.Loopback() {
		return "", fmt.Errorf("a token would go over the network in the clear: want grpcs:// or https:// instead of %s", s.Address)
	}
	return token, nil
}

// dialer bounds how long a connection takes to be made.
func (s *Settings) dialer() *net.Dialer { return &net.Dialer{Timeout: dialLimit} }

// quote is what a stranger said, short, on one line and without the token.
func quote(text, token string) string {
	if token != "" {
		text = strings.ReplaceAll(text, token, "***")
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if r := []rune(text); len(r) > maxQuoted {
		text = string(r[:maxQuoted]) + "…"
	}
	return redact.Line(redact.URLs(text))
}

// unreachable puts an error of the network or of TLS into words that help.
func unreachable(err error, s *Settings) error {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var timeout net.Error
	text := err.Error() // gRPC keeps an error's text and not the error
	switch {
	case errors.As(err, &authority), strings.Contains(text, "certificate signed by unknown authority"):
		by := "an authority that this system trusts (set ca_file)"
		if s.CAFile != "" {
			by = fmt.Sprintf("%q", s.CAFile)
		}
		return fmt.Errorf("its certificate is not signed by %s", by)
	case errors.As(err, &host), errors.As(err, &invalid), strings.Contains(text, "x509:"):
		_, why, _ := strings.Cut(text, "x509: ")
		return fmt.Errorf("its certificate is not good: %s", quote(strings.TrimRight(why, `"`), ""))
	case errors.As(err, &record), strings.Contains(text, "first record does not look like a TLS handshake"),
		strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return errors.New("it does not speak TLS on this port: want grpc:// or http://, or another port")
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(text, "connection refused"):
		return errors.New("connection refused: nothing listens there")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout(), strings.Contains(text, "i/o timeout"):
		return errors.New("no answer in time")
	case strings.Contains(text, "error reading server preface"), strings.Contains(text, "malformed HTTP"):
		return errors.New("it does not speak this protocol on this port: does it want TLS, or is it the other port (Triton's gRPC is 8001, its HTTP 8000)?")
	}
	var op *net.OpError
	if errors.As(err, &op) {
		text = op.Err.Error()
	}
	return errors.New(quote(text, ""))
}
