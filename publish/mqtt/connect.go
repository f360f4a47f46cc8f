package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"earshot/internal/readfile"
	"earshot/internal/redact"
	"earshot/publish/address"
	"earshot/publish/guard"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// rejection is the error of a broker that answered and does not want us: trying
// again soon is pointless, somebody must change something.
type rejection struct{ error }

func rejected(format string, a ...any) error { return rejection{fmt.Errorf(format, a...)} }

// link is one connection to the broker: one paho client, used once.
//
// paho's own reconnection is not used. With ConnectRetry it retries a wrong
// password for ever without a word, and its store would hold messages a second
// time that the outbox must hold anyway to bound, order and count them.
type link struct {
	client paho.Client
	lost   chan struct{} // closed when the connection is gone
	once   sync.Once
	mu     sync.Mutex
	err    error           // why it is gone; written before lost is closed
	newest chan struct{}   // has an item while messages of QoS 0 are under way
	hears  map[string]bool // worker only: the topics whose subscription was granted
	conn   net.Conn        // set by the dialler
}

func (l *link) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.lost)
	})
}

// ErrLost is of a connection that stood and is gone.
var ErrLost = errors.New("connection lost")

// loss is why the connection is gone, once it is.
func (l *link) loss() error { return fmt.Errorf("%w: %s", ErrLost, redact.URLs(plain(l.err))) }

// ended tells whether the connection is gone, for paho completes tokens a moment before it tells why.
func (l *link) ended() bool {
	select {
	case <-l.lost:
		return true
	case <-time.After(time.Second):
		return false
	}
}

// ears are told what comes in, from paho's goroutines. They must not block.
type ears struct {
	message func(paho.Message)
	tooLong func(topic string, bytes int) // a message whose payload is left out
}

// dial connects, or says why not in words that help. will is where the broker says that it is gone, "" for nowhere.
func dial(ctx context.Context, c *Settings, will string, to ears) (*link, error) {
	u, err := address.Broker(c.Broker)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := tlsConfigOf(c, u)
	if err != nil {
		return nil, err
	}
	l := &link{lost: make(chan struct{}), newest: make(chan struct{}, 1), hears: map[string]bool{}}
	o := paho.NewClientOptions().AddBroker(u.String()).
		SetClientID("earshot_" + c.NodeID).SetUsername(c.Username).SetPassword(c.Secret()).
		SetProtocolVersion(4).SetCleanSession(true).SetStore(noStore{}).
		SetKeepAlive(c.KeepAlive).SetPingTimeout(min(10*time.Second, c.KeepAlive)).
		SetConnectTimeout(c.Timing.Connect).SetWriteTimeout(min(5*time.Second, c.Timing.Ack)).
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).
		SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) { to.message(m) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { l.fail(err) }).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			conn, err := l.open(ctx, c, u, tlsConfig)
			if err != nil {
				return nil, err
			}
			return guard.New(conn, guard.Limits{Packet: c.MaxPacket, TooLong: to.tooLong}), nil
		})
	if will != "" {
		o.SetBinaryWill(will, []byte(topic.Offline), 1, true)
	}
	l.client = paho.NewClient(o)
	token := l.client.Connect()
	select {
	case <-token.Done():
		err = token.Error()
	case <-ctx.Done():
		l.kill()
		<-token.Done() // at once: its socket is closed
		err = ctx.Err()
		if token.Error() == nil {
			l.client.Disconnect(0)
		}
	}
	if err != nil {
		l.kill()
		return nil, explain(err, c)
	}
	return l, nil
}

// Probe connects once as Run would, under a client id of its own, and
// disconnects. It says nothing to anybody: the will is withdrawn by the clean end.
// The error is why the broker cannot be reached or does not let us in.
func Probe(ctx context.Context, c Settings, prefix string) error {
	c.NodeID += "_probe"
	will := topic.NewTree(prefix, c.NodeID).Of(topic.NodeAvailability)
	l, err := dial(ctx, &c, will, ears{message: func(paho.Message) {}})
	if err == nil {
		l.client.Disconnect(100)
	}
	return err
}

// open makes the transport. It does not look at proxy variables, and gives up
// when the context ends or the time for connecting is over.
func (l *link) open(ctx context.Context, c *Settings, u *url.URL, tlsConfig *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timing.Connect)
	defer cancel()
	network, address := "tcp", u.Host
	if u.Scheme == "unix" {
		network, address = "unix", u.Path
	}
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "ssl" {
		secure := tls.Client(conn, tlsConfig)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = secure
	}
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	if ctx.Err() != nil {
		l.kill()
	}
	return conn, nil
}

// kill closes the socket under paho, which is the one thing that never hangs.
func (l *link) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return
	}
	if s, ok := l.conn.(*tls.Conn); ok {
		_ = s.NetConn().Close() // tls.Conn.Close would wait to say goodbye
	}
	_ = l.conn.Close()
}

func tlsConfigOf(c *Settings, u *url.URL) (*tls.Config, error) {
	if u.Scheme != "ssl" {
		if c.CAFile != "" || c.CertFile != "" {
			return nil, fmt.Errorf("certificates are set but the broker address is %s://: want ssl://", u.Scheme)
		}
		return nil, nil
	}
	t := &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify}
	if c.CAFile != "" {
		pem, err := readfile.Bytes(c.CAFile, maxCertificates)
		if err != nil {
			return nil, fmt.Errorf("broker CA: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("broker CA %q: no PEM certificate in it", c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := keyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate %q, key %q: %w", c.CertFile, c.KeyFile, err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// maxCertificates bounds a file of certificates or keys, in bytes: all authorities of a system take a quarter of that.
const maxCertificates = 1 << 20

// keyPair reads a client's certificate and its key.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := readfile.Bytes(certFile, maxCertificates)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readfile.Bytes(keyFile, maxCertificates)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// explain turns paho's and the system's errors into what the owner can act on.
func explain(err error, c *Settings) error {
	at := "broker " + redact.URLs(c.Broker)
	var unknownCA x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var record tls.RecordHeaderError
	var timeout net.Error
	var broke *guard.Violation
	switch {
	case errors.As(err, &broke):
		return broken(at, broke)
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return rejected("%s refuses user %q: check user name, password and the broker's access rules", at, c.Username)
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return rejected("%s refuses the client id %q", at, "earshot_"+c.NodeID)
	case errors.Is(err, packets.ErrorRefusedBadProtocolVersion):
		return rejected("%s does not speak MQTT 3.1.1", at)
	case errors.As(err, &unknownCA):
		return rejected("%s: its certificate is not signed by %s", at, caName(c))
	case errors.As(err, &wrongHost): // it names what the certificate is for, which anybody may have written
		return rejected("%s: %s", at, redact.Line(wrongHost.Error()))
	case strings.Contains(err.Error(), "remote error: tls:"): // crypto/tls keeps the type to itself
		_, why, _ := strings.Cut(err.Error(), "remote error: ")
		return rejected("%s ended the TLS handshake (%s): check the client certificate", at, why)
	case errors.As(err, &record):
		return rejected("%s does not speak TLS on this port: want tcp:// or another port", at)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%s: connection refused: nothing listens there", at)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s: no answer within %v", at, c.Timing.Connect)
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%s closed the connection: does it want TLS, or a client certificate?", at)
	}
	return fmt.Errorf("%s: %s", at, redact.URLs(strings.TrimPrefix(plain(err), "network Error : ")))
}

// broken is the error of a broker that does not keep to MQTT.
func broken(at string, v *guard.Violation) error {
	return rejected("%s does not keep to MQTT 3.1.1, so the connection was ended: %s", at, v)
}

func caName(c *Settings) string {
	if c.CAFile == "" {
		return "an authority that this system trusts (set the CA file)"
	}
	return fmt.Sprintf("%q", c.CAFile)
}

// plain leaves out the addresses of a network error, which change each time.
func plain(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return redact.Line(fmt.Sprint(err))
}
