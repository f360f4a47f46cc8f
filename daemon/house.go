package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"earshot/daemon/broker"
	"earshot/daemon/config"
	"earshot/internal/logging"
	"earshot/internal/task"
	"earshot/publish"
)

// house is the way to the rest of the house: the publisher, and the embedded broker where none is configured.
type house struct {
	broker    *broker.Broker // nil with a broker of the house's own
	address   string         // as printed and shown; never with a password
	publisher *publish.Publisher
	group     *task.Group
}

// newHouse makes a publisher for the sources, which says nothing before start. With keep, an embedded broker that
// is running already is used further, so that its subscribers stay.
func newHouse(f *config.File, sources []publish.Source, device publish.Device, stateDir string, log *logging.Log, keep *broker.Broker, onStatus func(publish.Status)) (*house, error) {
	h := &house{address: f.Config.MQTT.Broker}
	settings, err := mqttSettings(f, sources, device, stateDir, log)
	if err != nil {
		return nil, err
	}
	settings.OnStatus = onStatus
	if settings.Broker == "" {
		if h.broker = keep; keep == nil {
			if h.broker, err = broker.Start(f.Config.MQTT.Embedded); err != nil {
				return nil, ErrBroker{err}
			}
		}
		h.address = h.broker.URL()
		settings.Broker = h.broker.URL()
	}
	if h.publisher, err = publish.New(settings); err != nil {
		if h.broker != nil && keep == nil {
			err = errors.Join(err, h.broker.Close())
		}
		return nil, ErrBroker{err}
	}
	return h, nil
}

// shown is what of the publisher's settings can change while it runs.
func shown(f *config.File, sources []publish.Source, device publish.Device) publish.Config {
	c := f.Config.MQTT
	return publish.Config{
		DiscoveryPrefix: c.DiscoveryPrefix,
		Discovery:       c.Discovery,
		LegacyDiscovery: c.LegacyDiscovery,
		EventStart:      c.EventStart,
		Device:          device,
		Sources:         sources,
	}
}

// connection is the part of the settings that a running publisher cannot change.
func connection(f *config.File) (config.MQTT, string, string) {
	c := f.Config.MQTT
	c.DiscoveryPrefix, c.Discovery, c.LegacyDiscovery, c.EventStart, c.Scores, c.Diagnostics = "", false, false, false, 0, 0
	return c, f.Config.Node.ID, f.Config.StateDir
}

// mqttSettings are the publisher's, secrets included.
func mqttSettings(f *config.File, sources []publish.Source, device publish.Device, stateDir string, log *logging.Log) (publish.Config, error) {
	c := f.Config.MQTT
	settings := shown(f, sources, device)
	settings.NodeID, settings.Topic = f.Config.Node.ID, c.Topic
	settings.Broker, settings.CAFile, settings.CertFile, settings.KeyFile = c.Broker, c.CAFile, c.CertFile, c.KeyFile
	settings.KeepAlive, settings.QueueLimit = c.KeepAlive, c.Queue
	if stateDir != "" {
		settings.StateFile = filepath.Join(stateDir, "discovery.json")
	}
	if c.Broker == "" {
		return settings, nil
	}
	if stateDir != "" {
		settings.StoreDir = filepath.Join(stateDir, "unsent")
	}
	return settings, credentials(&settings, f, log)
}

// credentials reads user and password from where they are kept, and keeps them out of the log.
func credentials(settings *publish.Config, f *config.File, log *logging.Log) error {
	c := f.Config.MQTT
	password, err := config.ReadSecret(c.PasswordFile, config.CredentialPassword)
	if err != nil {
		return f.Issue("mqtt.password_file", "%v", err)
	}
	log.Hide(password)
	settings.Username, settings.Password = c.Username, password
	if c.Username == "" {
		if settings.Username, err = config.ReadSecret("", config.CredentialUsername); err != nil {
			return fmt.Errorf("mqtt: %w", err)
		}
	}
	if password != "" && settings.Username == "" {
		return f.Issue("mqtt.username", "missing: a password needs a user name")
	}
	return nil
}

func (h *house) start(ctx context.Context, failed func(error)) {
	h.group = task.New(ctx)
	h.group.GoThen("mqtt", h.publisher.Run, func(err error) {
		if err != nil {
			failed(fmt.Errorf("mqtt: %w", err))
		}
	})
}

// stop says offline and disconnects; with the broker too unless it is kept.
func (h *house) stop(keepBroker bool) error {
	if h.group != nil {
		h.group.Stop()
		if late, _ := h.group.WaitFor(stopMQTT); late != nil {
			return fmt.Errorf("mqtt did not stop within %v", stopMQTT)
		}
	}
	if h.broker != nil && !keepBroker {
		return h.broker.Close()
	}
	return nil
}

// deviceOf names this machine to Home Assistant.
func deviceOf(f *config.File, version, url string, sounds int) publish.Device {
	return publish.Device{
		Name:      nodeName(f),
		Model:     fmt.Sprintf("ACRNN, %d sounds", sounds),
		SWVersion: version,
		Area:      f.Config.Node.Area,
		URL:       url,
	}
}

// nodeName is how people know this machine.
func nodeName(f *config.File) string {
	if f.Config.Node.Name != "" {
		return f.Config.Node.Name
	}
	host, err := os.Hostname()
	if err != nil {
		return "earshot"
	}
	return host
}

// stateDir is where what must outlive a restart is kept; "" when there is no such place.
func stateDir(configured string) (string, error) {
	dir := configured
	if dir == "" {
		dir = os.Getenv("STATE_DIRECTORY")
	}
	if dir == "" {
		base := os.Getenv("XDG_STATE_HOME")
		if base == "" {
			home, err := os.UserHomeDir()
			if err != nil {
				return "", fmt.Errorf("state directory: %w", err)
			}
			base = filepath.Join(home, ".local", "state")
		}
		dir = filepath.Join(base, "earshot")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("state directory: %w", err)
	}
	return dir, nil
}

// embedded is the broker inside the daemon, nil when there is none.
func (h *house) embedded() *broker.Broker {
	if h == nil {
		return nil
	}
	return h.broker
}
