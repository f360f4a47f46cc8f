package fleet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"time"
)

// Kinds of what is pushed.
const (
	Model   = "model"
	Overlay = "overlay"
)

// Bounds of what is believed before it is measured.
const (
	maxModel    = 64 << 20 // bytes, over MQTT or by URL
	maxOverlay  = 256 << 10
	maxManifest = 6 << 10
	maxTargets  = 64
	maxLife     = 366 * 24 * time.Hour // from when it was made until it expires
	maxSoak     = 7 * 24 * time.Hour
	skew        = 5 * time.Minute // that two good clocks may differ
)

// Manifest is what the owner signs.
type Manifest struct {
	Format  int       `json:"earshot_push"` // 1
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	Size    int64     `json:"size"` // bytes
	SHA256  string    `json:"sha256"`
	URL     string    `json:"url,omitempty"` // where the file is; else it comes in parts over MQTT
	Counter uint64    `json:"counter"`       // every push's is higher than that of the one before
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires"`
	To      []string  `json:"to"`   // patterns of the nodes' topics, such as earshot/north/*
	Soak    int64     `json:"soak"` // seconds that a node must be well with it
}

var (
	nameOK   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,47}$`)
	digestOK = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// check says what a manifest may not say, whoever signed it.
func (m *Manifest) check() error {
	most := int64(maxModel)
	if m.Kind == Overlay {
		most = maxOverlay
	}
	soak := time.Duration(min(max(m.Soak, -1), int64(maxSoak/time.Second)+1)) * time.Second
	switch {
	case m.Format != 1:
		return fmt.Errorf("it is of format %d; this earshot reads 1", m.Format)
	case m.Kind != Model && m.Kind != Overlay:
		return fmt.Errorf("it is a %.20q; want %s or %s", m.Kind, Model, Overlay)
	case !nameOK.MatchString(m.Name):
		return fmt.Errorf("its name is %.60q; want up to 48 of a-z, 0-9, _ and -", m.Name)
	case m.Size < 0 || m.Size > most || m.Size == 0 && m.Kind == Model:
		return fmt.Errorf("it has %d bytes; want at most %d", m.Size, most)
	case !digestOK.MatchString(m.SHA256):
		return fmt.Errorf("its SHA-256 is %.70q; want 64 of 0-9, a-f", m.SHA256)
	case m.Counter == 0 || m.Counter > 1<<53:
		return fmt.Errorf("its counter is %d; want 1 to 2^53", m.Counter)
	case soak < 0 || soak > maxSoak:
		return fmt.Errorf("it soaks for %d s; want 0 to %d", m.Soak, int64(maxSoak/time.Second))
	case m.Expires.Sub(m.Made) <= 0 || m.Expires.Sub(m.Made) > maxLife:
		return fmt.Errorf("it was made %s and expires %s; want it to live up to %v", stamp(m.Made), stamp(m.Expires), maxLife)
	case len(m.To) == 0 || len(m.To) > maxTargets:
		return fmt.Errorf("it is for %d patterns of nodes; want 1 to %d", len(m.To), maxTargets)
	}
	for _, p := range m.To {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("it is for %.60q, which is no pattern: %w", p, err)
		}
	}
	if m.URL == "" {
		return nil
	}
	if u, err := url.Parse(m.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("its URL is none of http or https, or holds a password")
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// timely holds a manifest against a node's clock.
func (m *Manifest) timely(now time.Time) error {
	switch {
	case now.Before(m.Made.Add(-skew)):
		return fmt.Errorf("this node's clock says %s, and it was made at %s: one of both clocks is wrong", stamp(now), stamp(m.Made))
	case now.After(m.Expires):
		return fmt.Errorf("it was made at %s and expired at %s; this node's clock says %s", stamp(m.Made), stamp(m.Expires), stamp(now))
	}
	return nil
}

// forNode tells whether a node with this tree of topics is meant.
func (m *Manifest) forNode(tree string) bool {
	for _, p := range m.To {
		if ok, err := path.Match(p, tree); ok && err == nil {
			return true
		}
	}
	return false
}

// ofFile notes a file's size and digest.
func (m *Manifest) ofFile(file []byte) {
	sum := sha256.Sum256(file)
	m.Size, m.SHA256 = int64(len(file)), hex.EncodeToString(sum[:])
}

// Sign checks a manifest and writes it with its signature behind it.
func (m *Manifest) Sign(s Signer) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	sig, err := s.sign(text)
	if err != nil {
		return nil, err
	}
	if out := append(text, sig...); len(out) <= maxManifest {
		return out, nil
	}
	return nil, fmt.Errorf("the manifest has more than %d bytes: fewer or shorter patterns, a shorter URL", maxManifest)
}

// open reads a manifest that somebody sent. What it says is nothing but what somebody says as long as there is an error.
func (o Owner) open(b []byte) (*Manifest, error) {
	m := &Manifest{}
	text, sig, found := bytes.Cut(b, []byte("\n"))
	if len(b) > maxManifest || !found {
		return m, fmt.Errorf("it has %d bytes and is no line of JSON with a signature below, in up to %d", len(b), maxManifest)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	unread := d.Decode(m)
	if err := o.verify(b[:len(text)+1], sig); err != nil {
		return m, err
	}
	if unread != nil {
		return m, fmt.Errorf("it cannot be read, by this earshot: %.100s", unread)
	}
	return m, m.check()
}
