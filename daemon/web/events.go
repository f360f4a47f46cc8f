package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// statusEvery is how often an open page hears how the daemon is; it also keeps proxies from hanging up.
const statusEvery = 2 * time.Second

// writeLimit is how long a page may take to swallow one message before it is given up.
const writeLimit = 10 * time.Second

// events is the stream of an open page (text/event-stream).
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return // there is nothing more to tell of a stream
	}
	backlog, pipe, ok := s.cfg.Hub.open()
	if !ok {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer s.cfg.Hub.close(pipe)
	s.conns.mark(r, streaming)
	control := http.NewResponseController(w)
	send := func(text []byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeLimit))
		_, err := fmt.Fprintf(w, "data: %s\n\n", text)
		return err == nil && control.Flush() == nil
	}
	ticker := time.NewTicker(statusEvery)
	defer ticker.Stop()
	alive := send(s.statusText()) // first: it names the sources
	for _, text := range backlog {
		alive = alive && send(text)
	}
	for alive {
		select {
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		case text := <-pipe:
			alive = send(text)
		case <-ticker.C:
			alive = send(s.statusText())
		}
	}
}

func (s *Server) statusText() []byte {
	text, err := json.Marshal(statusMessage{"status", s.Sound(), s.cfg.Status()})
	if err != nil {
		return []byte(`{"type":"none"}`)
	}
	return text
}
