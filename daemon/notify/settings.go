package notify

import (
	"crypto/x509"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/internal/logging"
	"earshot/internal/readfile"
)

// Kind is the notifications among the sinks.
var Kind = sink.Kind{
	Name: "notify",
	Changed: func(before, now *config.Config) bool {
		return !reflect.DeepEqual(before.Notify, now.Notify) || before.Node != now.Node && len(now.Notify) > 0
	},
	Check: func(f *config.File) error {
		_, err := New(f, logging.New(logging.Config{Level: f.Config.Log.Level, Out: io.Discard}), nil)
		return err
	},
	Open: func(f *config.File, env sink.Env) (sink.Sink, error) {
		if len(f.Config.Notify) == 0 {
			return nil, nil
		}
		s, err := New(f, env.Log, env.PageURL)
		if err != nil {
			return nil, err // not s: a nil pointer in an interface is not nil
		}
		return s, nil
	},
}

// settings are one entry of the configuration with what its files hold.
type settings struct {
	config.Notify
	url     string // whole; a secret
	host    string // what of it may be shown
	secret  string // of a webhook's signature
	token   string // of a service
	secrets []string
	roots   *x509.CertPool // nil: the system's
	labels  []string       // none: all that are watched, but no groups
	ends    bool
	every   time.Duration
	timeout time.Duration
	pause   time.Duration // before a second try
}

// maxCertificates bounds ca_file, in bytes.
const maxCertificates = 1 << 20

// read reads the files that an entry names. Errors name the key and no secret.
func read(f *config.File, i int, log *logging.Log) (settings, error) {
	c := f.Config.Notify[i]
	key := func(name string) string { return fmt.Sprintf("notify[%d].%s", i, name) }
	s := settings{Notify: c, url: c.URL, labels: c.Labels, ends: c.Ends, pause: firstPause,
		every: config.Or(c.Every, config.DefaultEvery), timeout: config.Or(c.Timeout, config.DefaultTimeout)}
	for _, from := range []struct {
		key, file string
		to        *string
	}{{"url_file", c.URLFile, &s.url}, {"secret_file", config.Or(c.SecretFile, ""), &s.secret}, {"token_file", config.Or(c.TokenFile, ""), &s.token}} {
		if from.file == "" {
			continue
		}
		text, err := config.ReadSecret(from.file, "")
		if err != nil {
			return s, f.Issue(key(from.key), "%v", err)
		}
		*from.to = text
		s.secrets = append(s.secrets, text)
		log.Hide(text)
	}
	u, err := url.Parse(s.url)
	if err != nil || config.CheckURL(s.url) != nil {
		return s, f.Issue(key("url_file"), "holds no address such as https://ntfy.sh")
	}
	s.host = u.Host
	if c.CAFile != "" {
		pem, err := readfile.Bytes(c.CAFile, maxCertificates)
		if err != nil {
			return s, f.Issue(key("ca_file"), "%v", err)
		}
		if s.roots = x509.NewCertPool(); !s.roots.AppendCertsFromPEM(pem) {
			return s, f.Issue(key("ca_file"), "%q holds no certificate; want a PEM file", c.CAFile)
		}
	}
	if s.secret != "" {
		if _, err := signingKey(s.secret); err != nil {
			return s, f.Issue(key("secret_file"), "%v", err)
		}
	}
	return s, nil
}
