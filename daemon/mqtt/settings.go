package mqtt

import (
	"fmt"
	"path/filepath"

	"earshot/daemon/config"
	"earshot/daemon/rules"
	"earshot/internal/logging"
	"earshot/publish"
)

// Setup is what MQTT is told of: the configuration, and what it came to.
type Setup struct {
	File    *config.File
	Sources []config.Source // those that run
	Rules   *rules.Rules
	// Adjusted is what people set over the rules.
	Adjusted *rules.Adjustments
	Version  string
	Sounds   int    // that the model knows
	SHA256   string // of the model's file
	Log      *logging.Log
}

// shown is what of the publisher's settings can change while it runs.
func (s Setup) shown() publish.Config {
	c := s.File.Config.MQTT
	return publish.Config{
		DiscoveryPrefix: c.DiscoveryPrefix,
		Discovery:       c.Discovery,
		LegacyDiscovery: c.LegacyDiscovery,
		EventStart:      c.EventStart,
		Guarded:         s.File.Config.Surveillance.On(),
		Language:        s.File.Config.Node.Language,
		Diagnostics:     c.Diagnostics,
		Image:           c.Image,
		Device: publish.Device{
			Name:      s.File.Config.NodeName(),
			Model:     fmt.Sprintf("ACRNN, %d sounds, %.8s", s.Sounds, s.SHA256), // two networks may know the same sounds
			SWVersion: s.Version,
			Area:      s.File.Config.Node.Area,
			URL:       s.File.Config.Web.URL, // a configured one only: loopback means nothing to others
		},
		Sources: s.published(),
	}
}

// rules are those of a source.
func (s Setup) rules(source string) *rules.Rules {
	if s.Adjusted == nil {
		return s.Rules
	}
	return s.Rules.For(source, s.Adjusted)
}

// published are the sources as MQTT shows them.
func (s Setup) published() (all []publish.Source) {
	for _, c := range s.Sources {
		var labels []publish.Label
		if s.Rules != nil {
			for _, l := range s.rules(c.Name).Watched {
				labels = append(labels, publish.Label{ID: l.ID, Title: l.Title, Icon: l.Icon, Group: l.Group, Watched: true,
					On: l.On, Off: l.Off, Hold: l.Hold, Members: l.Members})
			}
		}
		all = append(all, publish.Source{Name: c.Name, Title: c.Title, Area: c.Area, Calibrated: c.Calibration != nil, Labels: labels})
	}
	return all
}

// connection is the part of the settings that a running publisher cannot change.
type connection struct {
	mqtt         config.MQTT
	fleet        config.Fleet
	guarded      bool
	id, stateDir string
}

func connectionOf(f *config.File) connection {
	c := f.Config.MQTT
	c.DiscoveryPrefix, c.Discovery, c.LegacyDiscovery, c.EventStart, c.Scores, c.Diagnostics, c.Image = "", false, false, false, 0, 0, false
	return connection{c, f.Config.Fleet, f.Config.Surveillance.On(), f.Config.Node.ID, f.Config.StateDir}
}

// settings are the publisher's, secrets included; stateDir is "" where nothing outlives a restart.
func (s Setup) settings(stateDir string) (publish.Config, error) {
	c := s.File.Config.MQTT
	out := s.shown()
	out.NodeID, out.Topic = s.File.Config.Node.ID, c.Topic
	if out.NodeID == "" && stateDir != "" {
		id, err := config.KeptNodeID(stateDir)
		if err != nil {
			s.Log.Warn().Err(err).Msg("the node's id may be another after a restart")
		}
		out.NodeID = id
	}
	out.Broker, out.CAFile, out.CertFile, out.KeyFile = c.Broker, c.CAFile, c.CertFile, c.KeyFile
	out.KeepAlive, out.QueueLimit, out.MaxPacket = c.KeepAlive, c.Queue, int(c.MaxPacket)
	if stateDir != "" {
		out.StateFile = filepath.Join(stateDir, "discovery.json")
	}
	if c.Broker == "" {
		return out, nil
	}
	if stateDir != "" {
		out.StoreDir = filepath.Join(stateDir, "unsent")
	}
	return out, s.credentials(&out)
}

// credentials reads user and password from where they are kept, and keeps them out of the log.
func (s Setup) credentials(out *publish.Config) error {
	c := s.File.Config.MQTT
	password, err := config.ReadSecret(c.PasswordFile, config.CredentialPassword)
	if err != nil {
		return s.File.Issue("mqtt.password_file", "%v", err)
	}
	s.Log.Hide(password)
	out.Username, out.Password = c.Username, password
	if c.Username == "" {
		if out.Username, err = config.ReadSecret("", config.CredentialUsername); err != nil {
			return fmt.Errorf("mqtt: %w", err)
		}
	}
	if password != "" && out.Username == "" {
		return s.File.Issue("mqtt.username", "missing: a password needs a user name")
	}
	return nil
}
