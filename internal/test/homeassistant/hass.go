package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"earshot/internal/test/output"

	"golang.org/x/sys/unix"
)

// patience is how long anything may take.
const patience = 4 * time.Minute

// hass is a Home Assistant that runs in a folder with a Debian of its own, which scripts/homeassistant.sh made.
type hass struct {
	root   string // of that Debian
	config string // its configuration folder, seen from there
	url    string
	token  string
	cmd    *exec.Cmd
	log    output.Buffer
}

// settings is a configuration without what a house with a screen needs.
const settings = `homeassistant: {name: Test, unit_system: metric, time_zone: UTC}
http: {server_host: 127.0.0.1, server_port: %d}
api:
config:
auth:
onboarding:
recorder: {commit_interval: 0}
history:
logger: {default: warning}
automation: !include automations.yaml
`

// newHass writes a configuration; automations is YAML, blueprints a folder of them.
func newHass(root, automations, blueprints string) (*hass, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir, err := os.MkdirTemp(filepath.Join(root, "tmp"), "config")
	if err != nil {
		return nil, err
	}
	h := &hass{root: root, config: strings.TrimPrefix(dir, root), url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	write := func(name string, b []byte) { err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), b, 0o600)) }
	write("configuration.yaml", fmt.Appendf(nil, settings, port))
	write("automations.yaml", []byte(automations))
	kept := filepath.Join(dir, "blueprints", "automation")
	return h, errors.Join(err, os.MkdirAll(kept, 0o700), os.CopyFS(filepath.Join(kept, "earshot"), os.DirFS(blueprints)))
}

// start runs it until it answers.
func (h *hass) start() error {
	h.cmd = exec.Command("/ha/bin/hass", "--skip-pip", "-c", h.config) // what it needs is there; what it would like besides wants a compiler
	h.cmd.Dir, h.cmd.Stdout, h.cmd.Stderr = "/", &h.log, &h.log
	h.cmd.Env = []string{"PATH=/ha/bin:/usr/bin:/bin", "HOME=/root", "LANG=C.UTF-8", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}
	h.cmd.SysProcAttr = &unix.SysProcAttr{Chroot: h.root, Pdeathsig: unix.SIGKILL}
	if err := h.cmd.Start(); err != nil {
		return err
	}
	err := until("Home Assistant answers", func() bool {
		r, err := http.Get(h.url + "/api/onboarding")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode < 500
	})
	if err != nil {
		log := h.log.String()
		err = fmt.Errorf("%w; the end of its log: %s", err, log[max(0, len(log)-2000):])
	}
	return err
}

// stop ends it as its owner would.
func (h *hass) stop() {
	if h.cmd == nil {
		return
	}
	_ = h.cmd.Process.Signal(unix.SIGTERM) // fails when it has ended
	kill := time.AfterFunc(time.Minute, func() { _ = h.cmd.Process.Kill() })
	defer kill.Stop()
	_ = h.cmd.Wait()
	h.cmd = nil
}

// close ends it and takes its configuration away.
func (h *hass) close() {
	h.stop()
	os.RemoveAll(h.root + h.config)
}

// ask makes a request with a JSON body and reads a JSON answer into out, both of which may be nil.
func (h *hass) ask(method, path string, in, out any) error {
	var body io.Reader
	kind := "application/json"
	switch in := in.(type) {
	case nil:
	case url.Values:
		body, kind = strings.NewReader(in.Encode()), "application/x-www-form-urlencoded"
	default:
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, h.url+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	if h.token != "" {
		r.Header.Set("Authorization", "Bearer "+h.token)
	}
	answer, err := (&http.Client{Timeout: patience}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %.300s", method, path, answer.Status, b)
	}
	if text, ok := out.(*string); ok {
		*text = string(b)
		return nil
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, out)
}

// object is a request or an answer.
type object map[string]any

// moveIn makes a first user, gets a token for it and tells of the broker, all as the first visitor of the page would.
func (h *hass) moveIn(broker string) error {
	client := h.url + "/"
	var code struct {
		Code string `json:"auth_code"`
	}
	if err := h.ask("POST", "/api/onboarding/users", object{"client_id": client, "name": "T", "username": "t", "password": "t-t-t-t-t", "language": "en"}, &code); err != nil {
		return err
	}
	var token struct {
		Token string `json:"access_token"`
	}
	if err := h.ask("POST", "/auth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code.Code}, "client_id": {client}}, &token); err != nil {
		return err
	}
	h.token = token.Token // good for half an hour, over a restart too
	host, port, err := net.SplitHostPort(broker)
	if err != nil {
		return err
	}
	var flow struct {
		ID     string `json:"flow_id"`
		Type   string
		Errors object
	}
	if err := h.ask("POST", "/api/config/config_entries/flow", object{"handler": "mqtt"}, &flow); err != nil {
		return err
	}
	answers := object{"broker": host, "port": json.Number(port), "protocol": "3.1.1",
		"other_settings": object{"set_client_cert": false, "set_ca_cert": "off", "transport": "tcp"}}
	if err := h.ask("POST", "/api/config/config_entries/flow/"+flow.ID, answers, &flow); err != nil {
		return err
	}
	if flow.Type != "create_entry" {
		return fmt.Errorf("the MQTT integration is not set up: %v", flow)
	}
	return h.running()
}

// running waits until the start is over: the recorder writes nothing before.
func (h *hass) running() error {
	return until("Home Assistant has started", func() bool {
		var is struct{ State string }
		return h.ask("GET", "/api/config", nil, &is) == nil && is.State == "RUNNING"
	})
}

// entity is one with its state, where it has one.
type entity struct {
	ID         string `json:"entity_id"`
	State      string
	Attributes object
	Changed    time.Time `json:"last_changed"`
}

// name is what people read.
func (e entity) name() string { s, _ := e.Attributes["friendly_name"].(string); return s }

// states are all entities of the MQTT integration, by id.
func (h *hass) states() (map[string]entity, error) {
	ids, err := h.template(`{{ integration_entities('mqtt') | join(' ') }}`)
	if err != nil {
		return nil, err
	}
	var all []entity
	if err := h.ask("GET", "/api/states", nil, &all); err != nil {
		return nil, err
	}
	ours := map[string]entity{}
	for _, id := range strings.Fields(ids) {
		for _, e := range all {
			if e.ID == id {
				ours[id] = e
			}
		}
	}
	return ours, nil
}

// template has Home Assistant compute one.
func (h *hass) template(text string) (out string, err error) {
	return out, h.ask("POST", "/api/template", object{"template": text}, &out)
}

// call asks for a service.
func (h *hass) call(domain, service string, data object) error {
	return h.ask("POST", "/api/services/"+domain+"/"+service, data, nil)
}

// state waits until an entity has a state.
func (h *hass) state(id, want string) error {
	var is string
	err := until(fmt.Sprintf("%s is %q", id, want), func() bool {
		var e entity
		is = ""
		if h.ask("GET", "/api/states/"+id, nil, &e) == nil {
			is = e.State
		}
		return is == want
	})
	if err != nil {
		return fmt.Errorf("%w; it is %q", err, is)
	}
	return nil
}

var grave = regexp.MustCompile(`(?m)^\S+ \S+ (WARNING|ERROR|CRITICAL) \(.*$`)

// graveLines are the log's at warning or above: those that have to do with MQTT or with us, and how many others.
func (h *hass) graveLines() (ours []string, others int) {
	seen := map[string]bool{}
	for _, line := range grave.FindAllString(h.log.String(), -1) {
		low := strings.ToLower(line)
		switch {
		case !strings.Contains(low, "mqtt") && !strings.Contains(low, "earshot") && !strings.Contains(low, "hallway"):
			others++
		case !seen[line]:
			seen[line] = true
			ours = append(ours, line)
		}
	}
	return ours, others
}

// until waits for something.
func until(what string, is func() bool) error {
	for end := time.Now().Add(patience); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("not within %v: %s", patience, what)
		}
	}
	return nil
}
