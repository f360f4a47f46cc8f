package broker

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// ownListener names the way in that is the daemon's alone.
const ownListener = "own"

// own is a listener without an address: the daemon's own client comes in by a pair of sockets, which nobody else can
// find, and so has a place however many others there are.
type own struct {
	come chan net.Conn
	once sync.Once
	done chan struct{}
}

func newOwn() *own { return &own{come: make(chan net.Conn), done: make(chan struct{})} }

// Dial connects the daemon's own client; network and address mean nothing to it.
func (b *Broker) Dial(ctx context.Context, _, _ string) (net.Conn, error) { return b.own.dial(ctx) }

func (o *own) dial(ctx context.Context) (net.Conn, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	ours, err := connOf(pair[0])
	theirs, err2 := connOf(pair[1])
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	select {
	case o.come <- theirs:
		return ours, nil
	case <-o.done:
		err = net.ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, errors.Join(err, ours.Close(), theirs.Close())
}

// connOf makes a connection of a socket, which it takes over.
func connOf(fd int) (net.Conn, error) {
	f := os.NewFile(uintptr(fd), "own")
	defer f.Close() // FileConn has a copy
	return net.FileConn(f)
}

// Accept implements net.Listener.
func (o *own) Accept() (net.Conn, error) {
	select {
	case c := <-o.come:
		return c, nil
	case <-o.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (o *own) Close() error {
	o.once.Do(func() { close(o.done) })
	return nil
}

// Addr implements net.Listener.
func (o *own) Addr() net.Addr { return &net.UnixAddr{Name: ownListener, Net: "unix"} }
