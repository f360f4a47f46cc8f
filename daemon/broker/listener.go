package broker

import (
	"net"
	"sync"
)

// closing is a listener that knows its connections, so that Close can end those
// too that never said a word: the server waits for them for ever.
type closing struct {
	net.Listener
	mu    sync.Mutex
	conns map[*conn]struct{} // nil once closed
}

type conn struct {
	net.Conn
	from *closing
}

func (l *closing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	known := &conn{c, l}
	l.conns[known] = struct{}{}
	return known, nil
}

// closeAll stops listening and ends every connection.
func (l *closing) closeAll() {
	_ = l.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Conn.Close()
	}
	l.conns = nil
}

func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.conns, c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
