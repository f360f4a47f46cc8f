// Package broker runs a small MQTT broker inside the daemon, so that the first
// run needs nothing else. It listens on the loopback interface only and lets
// every local client in; whoever wants more runs a broker of their own.
// Retained messages live as long as the process.
package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// DefaultAddress is where the broker listens when nothing else is wished.
const DefaultAddress = "127.0.0.1:1883"

// Limits against a local client gone wild; listener.go and quota.go have more.
const (
	maxPacketBytes    = 1 << 20
	maxPendingPackets = 2048 // for a client that does not read: all our retained topics, and no more than maxPayload each
	maxInflight       = 2048 // the same, for messages that it does not acknowledge
	maxSession        = 600  // seconds that a client's session outlives its connection
)

// Broker is an MQTT 3.1.1 and 5 broker on a loopback address.
type Broker struct {
	server *mqtt.Server
	listen []*closing
	own    *own
	addr   string
}

// Start listens on address (host:port, port 0 = any free one) and serves. An
// address that others could reach is refused: there is no password here. When
// the default port is taken, a free one is used instead; Addr tells.
func Start(address string) (*Broker, error) {
	fallback := address == "" || address == DefaultAddress
	if address == "" {
		address = DefaultAddress
	}
	if err := loopbackOnly(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil && fallback {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	own := newOwn()
	all, ours := newClosing(l, maxConns), newClosing(own, 0)
	caps := mqtt.NewDefaultServerCapabilities()
	caps.MaximumPacketSize = maxPacketBytes
	caps.MaximumClientWritesPending = maxPendingPackets
	caps.MaximumInflight = maxInflight
	caps.MaximumMessageExpiryInterval = 0 // else a state that was said a day ago is forgotten (mochi v2.7.9)
	caps.MaximumSessionExpiryInterval = maxSession
	one := new(serial)
	s := mqtt.New(&mqtt.Options{Capabilities: caps, SysTopicResendInterval: noStatistics, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	limits := &quota{sizes: map[string]int{}, sessions: s.Clients.Len, filters: func() int64 { return atomic.LoadInt64(&s.Info.Subscriptions) }}
	if err := errors.Join(s.AddHook(new(allowAll), nil), s.AddHook(limits, nil), s.AddHook(one, nil),
		s.AddListener(listeners.NewNet("loopback", all)), s.AddListener(listeners.NewNet(ownListener, ours))); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("embedded broker: %w", err)
	}
	if err := one.serve(s); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded broker: %w", err), l.Close())
	}
	return &Broker{s, []*closing{all, ours}, own, l.Addr().String()}, nil
}

// allowAll lets every client in and everything through. The server's own such hook stands in a package that
// brings an archived YAML reader with it.
type allowAll struct{ mqtt.HookBase }

func (allowAll) ID() string { return "allow-all" }

func (allowAll) Provides(b byte) bool { return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck }

func (allowAll) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }

func (allowAll) OnACLCheck(*mqtt.Client, string, bool) bool { return true }

func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("embedded broker: address %q: want host:port", address)
	}
	if host == "localhost" {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return fmt.Errorf("embedded broker: address %q is not on the loopback interface: want 127.0.0.1:port or [::1]:port, or a broker of your own with a password", address)
	}
	return nil
}

// Addr is host:port as clients reach it, for `mosquitto_sub -h … -p …`.
func (b *Broker) Addr() string { return b.addr }

// URL is the address in the form publish.Config.Broker takes.
func (b *Broker) URL() string { return "tcp://" + b.addr }

// Run waits for ctx to end and closes the broker.
func (b *Broker) Run(ctx context.Context) error {
	<-ctx.Done()
	return b.Close()
}

// Close ends all connections and stops listening.
func (b *Broker) Close() error {
	for _, l := range b.listen {
		l.closeAll()
	}
	b.server.Listeners.ClientsWg.Wait() // mochi v2.7.9 locks up when a client leaves while it closes
	if err := b.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("embedded broker: %w", err)
	}
	return nil
}
