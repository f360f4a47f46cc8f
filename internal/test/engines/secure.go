package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// certificate makes one for 127.0.0.1, valid until end, which is its own authority.
func (s *scene) certificate(name string, end time.Time) (cert, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(end.Unix()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: end, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	cert, key = s.path(name+".crt"), s.path(name+".key")
	return cert, key, errors.Join(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// guard stands before the engine's gRPC as ingresses do: TLS, and a token that callers must bear.
func (s *scene) guard(cert, key string, token *atomic.Value) (port int, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	clear := new(http.Protocols)
	clear.SetUnencryptedHTTP2(true)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", s.engine.grpc)})
	proxy.Transport = &http.Transport{Protocols: clear}
	proxy.FlushInterval = -1
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token.Load().(string) {
			w.Header().Set("Content-Type", "application/grpc")
			w.Header().Set("Grpc-Status", "16") // unauthenticated
			w.Header().Set("Grpc-Message", "token has expired")
			return
		}
		proxy.ServeHTTP(w, r)
	}), TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	go func() { _ = server.ServeTLS(l, cert, key) }()
	return l.Addr().(*net.TCPAddr).Port, func() { _ = server.Close() }, nil
}

// tokens shows a server that wants a token.
func tokens(s *scene) (string, error) {
	const secret = "s3cret-canary"
	cert, key, err := s.certificate("guard", time.Now().Add(time.Hour))
	if err != nil {
		return "", err
	}
	var wanted atomic.Value
	wanted.Store(secret)
	port, stop, err := s.guard(cert, key, &wanted)
	if err != nil {
		return "", err
	}
	defer stop()
	file := s.path("token")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", err
	}
	var all []string
	try := func(name, remote, want string) error {
		said, ok, err := s.check(remote)
		if err != nil {
			return err
		}
		if ok != (want == "") || !strings.Contains(said, want) || strings.Contains(said, "canary") {
			s.Fail("%s: %s", name, said)
		}
		if ok {
			said = "taken"
		}
		all = append(all, fmt.Sprintf("%s: “%s”", name, said))
		return nil
	}
	secure := fmt.Sprintf("url: 'grpcs://127.0.0.1:%d', ", port)
	err = errors.Join(
		try("right", secure+fmt.Sprintf("ca_file: %q, token_file: %q", cert, file), ""),
		try("none", secure+fmt.Sprintf("ca_file: %q", cert), "it wants a token"),
		try("an authority that is not named", secure+fmt.Sprintf("token_file: %q", file), "its certificate is not signed by"),
		try("in the clear", fmt.Sprintf("url: '127.0.0.1:%d'", port), "does not speak this protocol on this port"),
		try("to another machine in the clear", fmt.Sprintf("url: 'grpc://192.0.2.1:8001', token_file: %q", file), "needs TLS"))
	wanted.Store("renewed")
	return strings.Join(all, "; "), errors.Join(err, try("old", secure+fmt.Sprintf("ca_file: %q, token_file: %q", cert, file), "it refuses the token"))
}

// tritonTLS shows Triton's own TLS, with a good certificate and one that is over.
func tritonTLS(s *scene) (string, error) {
	var all []string
	for _, c := range []struct {
		name string
		end  time.Time
		want string
	}{{"good", time.Now().Add(time.Hour), ""}, {"over", time.Now().Add(-time.Hour), "its certificate is not good: certificate has expired"}} {
		cert, key, err := s.certificate(c.name, c.end)
		if err != nil {
			return "", err
		}
		v := full
		v.extra = []string{"--grpc-use-ssl=true", "--grpc-server-cert=" + cert, "--grpc-server-key=" + key}
		if err := s.startTriton(v); err != nil {
			return "", err
		}
		said, ok, err := s.check(fmt.Sprintf("url: 'grpcs://127.0.0.1:%d', ca_file: %q", s.engine.grpc, cert))
		if err != nil {
			return "", err
		}
		if ok != (c.want == "") || !strings.Contains(said, c.want) {
			s.Fail("%s: %s", c.name, said)
		}
		if ok {
			said = "taken"
		}
		all = append(all, fmt.Sprintf("%s: “%s”", c.name, said))
	}
	return strings.Join(all, "; "), nil
}
