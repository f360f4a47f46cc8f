package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// What visitors may take of this process. Everything that is served goes through here: there is no other place that
// sets a deadline or counts connections.
const (
	maxConns       = 96               // in total
	maxClientConns = 48               // from one address
	headerLimit    = 5 * time.Second  // until the request's header is there
	requestLimit   = 10 * time.Second // until all of the request is
	answerLimit    = 10 * time.Second // until the answer is taken, on most paths
	clipLimit      = 5 * time.Minute  // a clip, over a slow line
	idleLimit      = 30 * time.Second // between two requests
	maxHeader      = 16 << 10         // bytes
	maxForm        = 4 << 10          // bytes of the one body that is read: a password
)

// harden sets every bound of a server that net/http has.
func harden(s *http.Server, c *conns) {
	s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout = headerLimit, requestLimit, answerLimit, idleLimit
	s.MaxHeaderBytes = maxHeader
	s.ConnState = c.turned
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
}

// bounded lets a request through without a body to wait for, and gives its answer a time. A stream sets its own
// deadlines, message by message, and keeps its connection.
func (c *conns) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		} else if r.ContentLength != 0 {
			_ = control.SetReadDeadline(time.Now()) // or net/http would wait for it after the answer
			w.Header().Set("Connection", "close")
			http.Error(w, "a request for this has no body", http.StatusRequestEntityTooLarge)
			return
		}
		defer c.working(r)()
		next.ServeHTTP(w, r)
	})
}

type connKey struct{}

// conns is a listener that bounds connections, by client and in total. Where there are too many, the one that has
// waited longest makes room: whoever opens many and says nothing closes none but his own, and somebody who comes
// with a request is let in.
type conns struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]*visit
}

// visit is one open connection.
type visit struct {
	client string
	since  time.Time // of its last turn
	busy   int       // 1 while a request of it is answered, 2 while it is a stream
}

func newConns(l net.Listener) *conns { return &conns{Listener: l, open: map[net.Conn]*visit{}} }

// Accept implements net.Listener.
func (c *conns) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c.admit(conn) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// admit counts a new connection, if there is or can be made room for it.
func (c *conns) admit(conn net.Conn) bool {
	client, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
	c.mu.Lock()
	defer c.mu.Unlock()
	same := 0
	for _, v := range c.open {
		if v.client == client {
			same++
		}
	}
	if same >= maxClientConns && !c.evict(client) || len(c.open) >= maxConns && !c.evict("") {
		return false
	}
	c.open[conn] = &visit{client: client, since: time.Now()}
	return true
}

// evict closes the connection, of one client or of all, that is least missed. Streams stay.
func (c *conns) evict(client string) bool {
	var least net.Conn
	for conn, v := range c.open {
		if v.busy == streaming || client != "" && v.client != client {
			continue
		}
		if w := c.open[least]; w == nil || v.busy < w.busy || v.busy == w.busy && v.since.Before(w.since) {
			least = conn
		}
	}
	if least == nil {
		return false
	}
	delete(c.open, least)
	_ = least.Close()
	return true
}

const (
	waiting = iota
	answering
	streaming
)

// turned follows a connection for net/http.
func (c *conns) turned(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch v := c.open[conn]; {
	case v == nil:
	case state == http.StateClosed || state == http.StateHijacked:
		delete(c.open, conn)
	default:
		v.since = time.Now()
	}
}

// mark says what a request's connection is doing.
func (c *conns) mark(r *http.Request, busy int) {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.open[conn]; v != nil {
		v.busy = busy
	}
}

// working marks a connection as busy until the request is answered.
func (c *conns) working(r *http.Request) (done func()) {
	c.mark(r, answering)
	return func() { c.mark(r, waiting) }
}

// slow gives an answer more time than most need.
func slow(limit time.Duration, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(limit))
		next(w, r)
	}
}
