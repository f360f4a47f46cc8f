package broker

import (
	"net"
	"sync"
	"time"
)

const (
	maxConns     = 64              // of others than the daemon
	connectLimit = 5 * time.Second // until a connection has said CONNECT
)

// closing is a listener that knows its connections: it bounds them, ends those that say nothing, and lets Close end
// all, for the server waits for them for ever.
type closing struct {
	net.Listener
	most  int // 0 = any number
	mu    sync.Mutex
	conns map[*conn]struct{} // nil once closed
}

func newClosing(l net.Listener, most int) *closing {
	return &closing{Listener: l, most: most, conns: map[*conn]struct{}{}}
}

// conn is a connection that the listener knows.
type conn struct {
	net.Conn
	from  *closing
	since time.Time
	met   bool // it has said CONNECT; guarded by from.mu

	once  sync.Once
	begun chan struct{} // closed when the server has begun to read
}

// Accept implements net.Listener.
func (l *closing) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		known, open := l.admit(c)
		if !open {
			return nil, net.ErrClosed
		}
		if known != nil {
			return known, nil
		}
	}
}

// admit knows a connection from now on, or closes it; not open after closeAll.
func (l *closing) admit(c net.Conn) (known *conn, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil || l.most > 0 && len(l.conns) >= l.most && !l.evict() {
		_ = c.Close()
		return nil, l.conns != nil
	}
	_ = c.SetDeadline(time.Now().Add(connectLimit)) // the server sets another once it has heard CONNECT
	known = &conn{Conn: c, from: l, since: time.Now(), begun: make(chan struct{})}
	l.conns[known] = struct{}{}
	return known, true
}

// evict makes room by the oldest connection that has said nothing yet, if there is one. The lock is held.
func (l *closing) evict() bool {
	var oldest *conn
	for c := range l.conns {
		if !c.met && (oldest == nil || c.since.Before(oldest.since)) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	delete(l.conns, oldest)
	_ = oldest.Conn.Close()
	return true
}

// beginWait bounds how long closeAll waits for the server to look at a connection that it was just given.
const beginWait = 200 * time.Millisecond

// closeAll stops listening and ends every connection. When it returns, the server has begun with each of them, and so
// has counted it (mochi v2.7.9 counts clients in the goroutine of each, which races with waiting for them).
func (l *closing) closeAll() {
	_ = l.Close()
	l.mu.Lock()
	known := l.conns
	l.conns = nil
	l.mu.Unlock()
	for c := range known {
		_ = c.Conn.Close()
	}
	late := time.After(beginWait)
	for c := range known {
		select {
		case <-c.begun:
		case <-late:
			return
		}
	}
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.once.Do(func() { close(c.begun) })
	return c.Conn.Read(b)
}

// SetDeadline implements net.Conn; the server calls it for the first time when it has heard CONNECT.
func (c *conn) SetDeadline(t time.Time) error {
	c.from.mu.Lock()
	c.met = true
	c.from.mu.Unlock()
	return c.Conn.SetDeadline(t)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.conns, c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
