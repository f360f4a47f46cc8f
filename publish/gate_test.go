package publish

import (
	"io"
	"net"
	"sync"
	"testing"
)

// gate is a TCP way to a broker that a test can shut, so that the publisher
// does not come back before the test's own subscriber.
type gate struct {
	l     net.Listener
	to    string
	mu    sync.Mutex
	shut  bool
	conns []net.Conn
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{l: l, to: to}
	t.Cleanup(func() { _ = l.Close(); g.set(true) })
	go g.serve()
	return g
}

func (g *gate) url() string { return "tcp://" + g.l.Addr().String() }

// set opens or shuts the gate; shutting it breaks what goes through.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	if shut {
		for _, c := range g.conns {
			_ = c.Close()
		}
		g.conns = nil
	}
}

func (g *gate) serve() {
	for {
		in, err := g.l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", g.to)
		g.mu.Lock()
		if err != nil || g.shut {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			g.mu.Unlock()
			continue
		}
		g.conns = append(g.conns, in, out)
		g.mu.Unlock()
		go pipe(in, out)
		go pipe(out, in)
	}
}

func pipe(dst, src net.Conn) {
	_, _ = io.Copy(dst, src)
	_ = dst.Close()
	_ = src.Close()
}
