// Package web shows what the daemon hears: a live page over server-sent events, /metrics for Prometheus and
// /healthz for whoever watches over it. It only reads; nothing can be changed from here.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"earshot/daemon/status"
)

// Config is what the server needs.
type Config struct {
	Listen   string // host:port
	Hub      *Hub
	Status   func() status.Status
	ClipsDir func() string // folder of the clips to serve below /clips/; "" for none; nil: never any
}

// Server is the web server. Make it with New, which binds the address, so that a taken port is an error at once.
type Server struct {
	cfg      Config
	listener net.Listener
	http     *http.Server
	stop     chan struct{} // closed when the server is about to end: the streams return
}

// New binds the address.
func New(cfg Config) (*Server, error) {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &Server{cfg: cfg, listener: listener, stop: make(chan struct{})}
	s.http = &http.Server{
		Handler:           s.guard(s.routes()),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	return s, nil
}

// Addr is the bound address.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is where a browser on this machine finds the page.
func (s *Server) URL() string {
	host, port, _ := net.SplitHostPort(s.Addr())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		close(s.stop)
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.http.Shutdown(grace) != nil {
			_ = s.http.Close()
		}
	})()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// Close gives the address free when Run is never called.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /status", s.status)
	mux.Handle("GET /metrics", metrics(s.cfg.Status))
	if s.cfg.ClipsDir != nil {
		mux.HandleFunc("GET /clips/{name}", s.clip)
	}
	return mux
}

// guard sets the headers that keep the page to itself. While the server listens on loopback only, it answers
// only to names of this machine: a page elsewhere could otherwise have its own name resolve to 127.0.0.1 and read
// along (DNS rebinding).
func (s *Server) guard(next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(s.Addr())
	ip := net.ParseIP(host)
	private := ip != nil && ip.IsLoopback()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if private && !localName(r.Host) {
			http.Error(w, "this page listens on loopback only and answers to localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func localName(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}

// health answers 200 when all is well and 503 with the reasons otherwise.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	now := s.cfg.Status()
	w.Header().Set("Content-Type", "application/json")
	if len(now.Problems) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	writeJSON(w, struct {
		OK       bool     `json:"ok"`
		Problems []string `json:"problems"`
	}{len(now.Problems) == 0, append([]string{}, now.Problems...)})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, s.cfg.Status())
}

func writeJSON(w http.ResponseWriter, v any) {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v) // the visitor has gone
}

// clipName is what the clip store writes; nothing else is served.
var clipName = regexp.MustCompile(`^[a-zA-Z0-9_.-]+\.flac$`)

func (s *Server) clip(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	dir := s.cfg.ClipsDir()
	if dir == "" || !clipName.MatchString(name) || strings.HasPrefix(name, ".") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "audio/flac")
	http.ServeFile(w, r, filepath.Join(dir, name))
}
