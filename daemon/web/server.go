// Package web shows what the daemon hears: a live page over server-sent events, /metrics for Prometheus and
// /healthz for whoever watches over it. By itself it only reads; what the API below /api/ may change, that decides.
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
	"sync"
	"time"

	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/internal/readfile"
)

// Config is what the server needs.
type Config struct {
	Listen   string // host:port
	URL      string // the page's address as others reach it; its host is answered; may be empty
	Password string `json:"-"` // asked of every visitor; empty: of none
	Hub      *Hub
	Status   func() status.Status
	API      http.Handler         // answers below /api/; nil: nothing does
	ClipsDir func() string        // folder of the clips to serve below /clips/; "" for none; nil: never any
	Before   func() time.Duration // of sound in a clip before its onset; nil: none

	FrontEnd func() gammatone.Config // that sources have; nil: the default
}

// Server is the web server. Make it with New, which binds the address, so that a taken port is an error at once.
type Server struct {
	cfg      Config
	listener net.Listener
	http     *http.Server
	conns    *conns
	hosts    hosts
	login    *login        // nil without a password
	stop     chan struct{} // closed when the server is about to end: the streams return
	drawing  sync.Mutex    // one clip's picture at a time: decoding is work that a visitor asks for
}

// New binds the address.
func New(cfg Config) (*Server, error) {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &Server{cfg: cfg, listener: listener, conns: newConns(listener), stop: make(chan struct{}),
		hosts: ourHosts(cfg.URL), login: newLogin(cfg.Password, cfg.URL)}
	s.http = &http.Server{Handler: s.guard(s.conns.bounded(s.login.required(s.routes())))}
	harden(s.http, s.conns)
	return s, nil
}

// Sound tells whether the page shows sound: spectrogram and clips. On an address that others reach it does not,
// unless they are asked for a password.
func (s *Server) Sound() bool { return s.login != nil || loopback(s.Addr()) }

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
	s.cfg.Hub.ShowSound(s.Sound())
	defer context.AfterFunc(ctx, func() {
		close(s.stop)
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.http.Shutdown(grace) != nil {
			_ = s.http.Close()
		}
	})()
	if err := s.http.Serve(s.conns); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// Close gives the address free when Run is never called.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("POST /login", s.login.enter)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /status", s.status)
	mux.Handle("GET /metrics", metrics(s.cfg.Status))
	if s.cfg.API != nil {
		mux.Handle("/api/", s.cfg.API)
	}
	if s.cfg.ClipsDir != nil && s.Sound() {
		mux.HandleFunc("GET /clips/{name}", slow(clipLimit, s.clip))
		mux.HandleFunc("GET /clips/{name}/spectrogram", slow(clipLimit, s.picture))
	}
	return mux
}

// guard sets the headers that keep the page to itself, and answers only to names that are ours: see hosts.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !s.hosts.has(r.Host) {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now()) // a body is not waited for
			w.Header().Set("Connection", "close")
			http.Error(w, "this page does not answer to that name: use its IP address, or set web.url", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// health answers 200 when all is well and 503 with the reasons otherwise.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	now := s.cfg.Status()
	problems := append([]string{}, now.Problems...)
	if s.login != nil { // asked by whoever watches over the daemon, without a password: no more than yes or no
		if known, _ := s.login.knows(r); !known {
			problems = problems[:0]
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if len(now.Problems) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	writeJSON(w, struct {
		OK       bool     `json:"ok"`
		Problems []string `json:"problems"`
	}{len(now.Problems) == 0, problems})
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

// clipPath is where the clip lies that is asked for; false for what can be none.
func (s *Server) clipPath(r *http.Request) (path string, ok bool) {
	name, dir := r.PathValue("name"), s.cfg.ClipsDir()
	return filepath.Join(dir, name), dir != "" && clipName.MatchString(name) && !strings.HasPrefix(name, ".")
}

func (s *Server) clip(w http.ResponseWriter, r *http.Request) {
	path, ok := s.clipPath(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "audio/flac")
	f, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	written := time.Time{} // not known
	if st, err := f.Stat(); err == nil {
		written = st.ModTime()
	}
	http.ServeContent(w, r, filepath.Base(path), written, f)
}
