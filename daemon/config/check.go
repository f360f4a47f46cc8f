package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"earshot/infer/remote"
	"earshot/publish/address"
	"earshot/publish/topic"
	"earshot/verify"
)

// checker collects what is wrong between keys; single values were checked while decoding.
type checker struct {
	file   *File
	issues Errors
}

func (c *checker) fail(key, format string, args ...any) {
	c.issues = append(c.issues, c.file.Issue(key, format, args...))
}

// check fills in names that follow from others and returns every impossible combination.
func (f *File) check() Errors {
	c := &checker{file: f}
	c.sources(f.Config.Sources)
	c.watch(&f.Config.Watch)
	c.mqtt(&f.Config.MQTT)
	c.web(&f.Config.Web)
	c.remote(&f.Config.Inference.Remote)
	c.notify(f.Config.Notify)
	return c.issues
}

func (c *checker) sources(sources []Source) {
	names, devices := map[string]int{}, map[string]int{}
	stdin := -1
	for i := range sources {
		s, key := &sources[i], fmt.Sprintf("sources[%d]", i)
		if s.Kind == "" {
			c.fail(key+".kind", "missing; want one of portaudio, file, stdin, command")
			continue
		}
		if s.Name == "" {
			s.Name = map[string]string{KindPortAudio: "mic"}[s.Kind]
			if s.Name == "" {
				s.Name = s.Kind
			}
		}
		if first, twice := names[s.Name]; twice {
			c.fail(key+".name", "%q is already the name of sources[%d]; every source needs its own", s.Name, first)
		}
		names[s.Name] = i
		if slices.Contains(topic.ReservedForNode(), s.Name) {
			c.fail(key+".name", "%q is a topic of its own; choose another name", s.Name)
		}
		c.kindKeys(s, s.Kind, "a source", key)
		switch s.Kind {
		case KindFile:
			if len(s.Paths) == 0 {
				c.fail(key+".paths", "missing; want the files to play, such as [dog.wav]")
			}
		case KindCommand:
			if len(s.Command) == 0 || s.Command[0] == "" {
				c.fail(key+".command", "missing; want the program and its arguments, such as [ffmpeg, -i, …]")
			}
		case KindStdin:
			if stdin >= 0 {
				c.fail(key+".kind", "stdin is already read by sources[%d]; there is only one standard input", stdin)
			}
			stdin = i
		case KindPortAudio:
			device := Or(s.Device, "") + " " + Or(s.Channel, "mix")
			if first, twice := devices[device]; twice {
				c.fail(key+".device", "%q is already heard by sources[%d]; want another device (\"earshot devices\" shows what tells them apart), or another channel of it", Or(s.Device, ""), first)
			}
			devices[device] = i
		}
		c.channel(s, key)
	}
}

// kindKeys reports keys of *block that mean nothing to its kind.
func (c *checker) kindKeys(block any, kind, what, key string) {
	v := reflect.ValueOf(block).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		kinds := tag.Get("for")
		if kinds == "" || v.Field(i).IsZero() || slices.Contains(strings.Fields(kinds), kind) {
			continue
		}
		c.fail(key+"."+tag.Get("key"), "means nothing to %s of kind %s; it belongs to kind %s", what, kind, strings.ReplaceAll(kinds, " ", " or "))
	}
}

func (c *checker) channel(s *Source, key string) {
	channel := Or(s.Channel, "mix")
	if n, err := strconv.Atoi(channel); err == nil && (s.Kind == KindStdin || s.Kind == KindCommand) && n > Or(s.Channels, 1) {
		c.fail(key+".channel", "%q: the stream has %d channel(s)", channel, Or(s.Channels, 1))
	}
}

func (c *checker) watch(w *Watch) {
	c.thresholds("watch", w.On, w.Off)
	if w.FalseAlarms != "" {
		if _, err := verify.ParseRate(w.FalseAlarms); err != nil {
			c.fail("watch.false_alarms", "%v; or nothing, for the model's own thresholds", err)
		}
	}
	labels := map[string]int{}
	for i, l := range w.Labels {
		key := fmt.Sprintf("watch.labels[%d]", i)
		if l.Label == "" {
			c.fail(key+".label", "missing; want a label of the model, such as dog, or \"*\" for all of them")
			continue
		}
		if first, twice := labels[l.Label]; twice {
			c.fail(key+".label", "%q is already watched by watch.labels[%d]", l.Label, first)
		}
		labels[l.Label] = i
		if slices.Contains(topic.Reserved(), topic.Slug(l.Label)) {
			c.fail(key+".label", "%q would share its topics with the source's own; rename it in the model", l.Label)
		}
		c.thresholds(key, Or(l.On, w.On), Or(l.Off, w.Off))
	}
	groups := map[string]int{}
	for i, g := range w.Groups {
		key := fmt.Sprintf("watch.groups[%d]", i)
		if g.Name == "" {
			c.fail(key+".name", "missing; want a name such as alarm")
			continue
		}
		if _, taken := labels[g.Name]; taken {
			c.fail(key+".name", "%q is a watched label; a group needs a name of its own", g.Name)
		}
		if first, twice := groups[g.Name]; twice {
			c.fail(key+".name", "%q is already the name of watch.groups[%d]", g.Name, first)
		}
		groups[g.Name] = i
		if slices.Contains(topic.Reserved(), topic.Slug(g.Name)) {
			c.fail(key+".name", "%q would share its topics with the source's own; choose another name", g.Name)
		}
		if len(g.Labels) == 0 {
			c.fail(key+".labels", "missing; want the labels that switch the group on")
		}
	}
}

// thresholds checks hysteresis where both values are known; 0 means the model's own.
func (c *checker) thresholds(key string, on, off float64) {
	if on > 0 && off >= on {
		c.fail(key+".off", "%g: want less than on (%g), or a sound at the threshold would flicker", off, on)
	}
}

func (c *checker) mqtt(m *MQTT) {
	secure := false
	if m.Broker == "" {
		for key, value := range map[string]string{"username": m.Username, "password_file": m.PasswordFile, "ca_file": m.CAFile, "cert_file": m.CertFile, "key_file": m.KeyFile} {
			if value != "" {
				c.fail("mqtt."+key, "means nothing without mqtt.broker: the embedded broker asks for no password and listens on loopback only")
			}
		}
		c.loopback("mqtt.embedded", m.Embedded)
	} else {
		secure = c.broker(m.Broker)
	}
	if !secure && m.Broker != "" {
		for _, f := range []struct{ key, value string }{{"ca_file", m.CAFile}, {"cert_file", m.CertFile}, {"key_file", m.KeyFile}} {
			if f.value != "" {
				c.fail("mqtt."+f.key, "needs a broker with TLS: write ssl:// instead of tcp:// in mqtt.broker")
			}
		}
	}
	if (m.CertFile == "") != (m.KeyFile == "") {
		c.fail("mqtt.cert_file", "a client certificate needs both cert_file and key_file")
	}
	if m.LegacyDiscovery && !m.Discovery {
		c.fail("mqtt.legacy_discovery", "true: needs discovery: true; it only chooses the older form")
	}
}

// broker checks the address without ever printing it whole: it may hold a password.
func (c *checker) broker(text string) (secure bool) {
	u, err := address.Broker(text)
	if err != nil {
		c.fail("mqtt.broker", "%v", err)
		return false
	}
	return address.Secure(u)
}

// loopback checks an address of a server that asks nobody for a password.
func (c *checker) loopback(key, address string) {
	host, port, err := net.SplitHostPort(address)
	n, errPort := strconv.Atoi(port)
	if err != nil || errPort != nil || n < 0 || n > 65535 {
		c.fail(key, "%q: want host:port such as 127.0.0.1:1883", address)
		return
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		c.fail(key, "%q: want a loopback address such as 127.0.0.1:1883; the embedded broker asks for no password (for other machines run mosquitto and set mqtt.broker)", address)
	}
}

// remote checks the inference server's address, without printing it: it may hold a password.
func (c *checker) remote(r *Remote) {
	if r.URL == "" {
		for _, f := range []struct{ key, value string }{{"token_file", r.TokenFile}, {"ca_file", r.CAFile}} {
			if f.value != "" {
				c.fail("inference.remote."+f.key, "means nothing without inference.remote.url")
			}
		}
		return
	}
	a, err := remote.ParseAddress(r.URL)
	switch {
	case err != nil:
		c.fail("inference.remote.url", "%v", err)
	case r.TokenFile != "" && !a.TLS && !a.Loopback():
		c.fail("inference.remote.token_file", "needs TLS, or the token would go over the network in the clear: write grpcs:// or https:// in inference.remote.url")
	case r.CAFile != "" && !a.TLS:
		c.fail("inference.remote.ca_file", "needs TLS: write grpcs:// or https:// in inference.remote.url")
	}
}

func (c *checker) web(w *Web) {
	if w.Listen != "" {
		_, port, err := net.SplitHostPort(w.Listen)
		n, errPort := strconv.Atoi(port)
		if err != nil || errPort != nil || n < 0 || n > 65535 {
			c.fail("web.listen", "%q: want host:port such as 127.0.0.1:8090, or nothing for no page", w.Listen)
		}
	}
	if w.URL != "" && CheckURL(w.URL) != nil {
		c.fail("web.url", "want the address of the live page as others reach it, such as http://hallway.lan:8090/")
	}
}

// CheckURL tells whether text is an address on the web without user and password. Its error shows nothing of it.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return errors.New("want http:// or https://, a host, and no user or password")
	}
	return nil
}

func (c *checker) notify(all []Notify) {
	names := map[string]int{}
	for i := range all {
		n, key := &all[i], fmt.Sprintf("notify[%d]", i)
		if n.Kind == "" {
			c.fail(key+".kind", "missing; want one of webhook, ntfy, apprise")
			continue
		}
		n.Name = cmp.Or(n.Name, n.Kind)
		if first, twice := names[n.Name]; twice {
			c.fail(key+".name", "%q is already the name of notify[%d]; every one needs its own", n.Name, first)
		}
		names[n.Name] = i
		c.kindKeys(n, n.Kind, "a notification", key)
		switch {
		case (n.URL == "") == (n.URLFile == ""):
			c.fail(key+".url", "want either url or url_file, the address that is told")
		case n.URL != "":
			if err := CheckURL(n.URL); err != nil {
				c.fail(key+".url", "%v; an address that holds a secret belongs in url_file", err)
			}
		}
		if n.Kind == NotifyNtfy && n.Topic == nil {
			c.fail(key+".topic", "missing; want the topic that your phone listens to")
		}
	}
}

// Or is the value given, or the default when none was.
func Or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}
