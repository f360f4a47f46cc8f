package mqtt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"earshot/publish/address"
)

// Settings say which broker, and how to talk to it. The values named are what New of package publish puts
// in for zero.
type Settings struct {
	NodeID             string
	Version, Model     string // of this program, for who looks after many nodes
	Broker             string // tcp://host:1883, ssl://host:8883, unix:///path; no user or password in it
	Username           string
	Secret             func() string                                                        // the password, out of reach of fmt
	CAFile             string                                                               // PEM; empty = the system's
	CertFile, KeyFile  string                                                               // client certificate, both or neither
	InsecureSkipVerify bool                                                                 // do not check the broker's certificate
	Dial               func(ctx context.Context, network, address string) (net.Conn, error) // nil = the network's
	KeepAlive          time.Duration
	MaxPacket          int // bytes; see package guard
	Timing             Timing
	OnStatus           func(Status)
	Pushed             func(manifest []byte) // what comes on the node's topic for it; it must not block. nil = that topic is not listened to
	Now                func() time.Time
}

// MinPacket and MaxPacket bound how long a packet may be allowed to be: the length of a device's announcement with
// room to spare, and what MQTT itself allows.
const (
	MinPacket = 64 << 10
	MaxPacket = 256<<20 - 1
)

// Timing holds the waits; zero means the default.
type Timing struct {
	Connect    time.Duration // 10 s: TCP, TLS and MQTT handshake
	Ack        time.Duration // 15 s without an acknowledgement and the connection counts as dead
	SelfCheck  time.Duration // 10 s without seeing our own message and the topic counts as refused
	Recheck    time.Duration // 60 s between two tries at a refused topic
	Debounce   time.Duration // 500 ms: discovery changes within it make one message
	Birth      time.Duration // 5 s: Home Assistant's birth is answered within it, at random, so that many nodes do not all at once
	Settle     time.Duration // 3 s between "remove" and "left out"
	BackoffMin time.Duration // 500 ms
	BackoffMax time.Duration // 5 s; 30 s when the broker refuses the credentials
}

// WithDefaults fills the zero values in.
func (t Timing) WithDefaults() Timing {
	return Timing{
		Connect:    cmp.Or(t.Connect, 10*time.Second),
		Ack:        cmp.Or(t.Ack, 15*time.Second),
		SelfCheck:  cmp.Or(t.SelfCheck, 10*time.Second),
		Recheck:    cmp.Or(t.Recheck, time.Minute),
		Debounce:   cmp.Or(t.Debounce, 500*time.Millisecond),
		Birth:      cmp.Or(t.Birth, 5*time.Second),
		Settle:     cmp.Or(t.Settle, 3*time.Second),
		BackoffMin: cmp.Or(t.BackoffMin, 500*time.Millisecond),
		BackoffMax: cmp.Or(t.BackoffMax, 5*time.Second),
	}
}

// Check returns every fault of c at once, none with a secret in it.
func (c *Settings) Check() error {
	var errs []error
	if _, err := address.Broker(c.Broker); err != nil {
		errs = append(errs, fmt.Errorf("broker: %w", err))
	}
	if c.KeepAlive < time.Second || c.KeepAlive > 65535*time.Second {
		errs = append(errs, fmt.Errorf("keep alive %v: want 1 s to 65535 s", c.KeepAlive))
	}
	if c.MaxPacket < MinPacket || c.MaxPacket > MaxPacket {
		errs = append(errs, fmt.Errorf("packets of at most %d bytes: want %d to %d", c.MaxPacket, MinPacket, MaxPacket))
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		errs = append(errs, errors.New("client certificate: certificate and key go together, one of them is not set"))
	}
	if c.Secret() != "" && c.Username == "" {
		errs = append(errs, errors.New("password without a user name: MQTT 3.1.1 has no such thing, set the user name"))
	}
	return errors.Join(errs...)
}
