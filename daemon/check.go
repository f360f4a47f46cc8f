package daemon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"earshot/daemon/capture/command"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/fleet"
	"earshot/daemon/models"
	"earshot/daemon/mqtt"
	"earshot/daemon/rules"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/audio"
	"earshot/internal/readfile"
)

// Check looks at what a configuration names beyond itself: the model and its labels, secrets, certificates,
// recordings, programs, folders, and whether each topic belongs to one thing. It touches no network and no sound device. found
// are the mistakes in the file itself; all come back at once, config.Errors.
func Check(f *config.File, found config.Errors, builtIn func() []byte) error {
	var issues config.Errors
	var m *infer.Model
	var front gammatone.Config
	note := func(key, format string, args ...any) { issues = append(issues, f.Issue(key, format, args...)) }
	path, err := models.File(f)
	if err == nil {
		m, front, err = engine.Load(path, builtIn)
	}
	if err != nil {
		note("model.path", "%v", err)
	} else {
		second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
		if err != nil {
			note("verify.model", "%v", err)
		}
		r, err := rules.Resolve(f, m, front, second.Head)
		more, listed := err.(config.Errors)
		issues = append(issues, more...)
		if err != nil && !listed && len(found) == 0 {
			note("watch", "%v", err)
		}
		if err == nil && len(found) == 0 { // else names may be missing
			if err := mqtt.CheckShown(mqtt.Setup{File: f, Sources: wanted(f, false), Rules: r}); err != nil {
				note("sources", "%v", err)
			}
		}
	}
	for _, k := range kinds {
		if k.Check == nil || len(found) > 0 { // an address may be missing
			continue
		}
		if err := k.Check(f); err != nil {
			var one config.Issue
			if !errors.As(err, &one) {
				one = f.Issue(k.Name, "%v", err)
			}
			issues = append(issues, one)
		}
	}
	c := f.Config.MQTT
	if _, err := config.ReadSecret(c.PasswordFile, config.CredentialPassword); err != nil {
		note("mqtt.password_file", "%v", err)
	}
	if _, err := config.ReadSecret(f.Config.Web.PasswordFile, config.CredentialWeb); err != nil {
		note("web.password_file", "%v", err)
	}
	remote := f.Config.Inference.Remote
	if _, err := config.ReadSecret(remote.TokenFile, config.CredentialToken); err != nil {
		note("inference.remote.token_file", "%v", err)
	}
	if key := f.Config.Fleet.OwnerKey; key != "" {
		if _, err := fleet.ParseOwner(key); err != nil {
			note("fleet.owner_key", "%v", err)
		}
	}
	if dir := f.Config.Clips.Dir; f.Config.Clips.Enabled && dir != "" {
		if err := creatable(dir); err != nil {
			note("clips.dir", "%v", err)
		}
	}
	if dir := f.Config.StateDir; dir != "" {
		if err := creatable(dir); err != nil {
			note("state_dir", "%v", err)
		}
	}
	if lib := f.Config.Inference.Library; lib != "" {
		if _, err := infer.FindLibrary(lib); err != nil {
			note("inference.library", "%v", err)
		}
	}
	pem := map[string][]byte{}
	for key, path := range map[string]string{"mqtt.ca_file": c.CAFile, "mqtt.cert_file": c.CertFile, "mqtt.key_file": c.KeyFile,
		"inference.remote.ca_file": remote.CAFile} {
		if path == "" {
			continue
		}
		b, err := readfile.Bytes(path, maxCertificates)
		if pem[key] = b; err == nil && strings.HasSuffix(key, "ca_file") && !x509.NewCertPool().AppendCertsFromPEM(b) {
			err = fmt.Errorf("%q: no PEM certificate in it", path)
		}
		if err != nil {
			note(key, "%v", err)
		}
	}
	if cert, key := pem["mqtt.cert_file"], pem["mqtt.key_file"]; cert != nil && key != nil {
		if _, err := tls.X509KeyPair(cert, key); err != nil {
			note("mqtt.cert_file", "no certificate and key that go together: %v", err)
		}
	}
	for i, s := range f.Config.Sources {
		key := fmt.Sprintf("sources[%d]", i)
		for j, path := range s.Paths {
			if err := playable(path); err != nil {
				note(fmt.Sprintf("%s.paths[%d]", key, j), "%v", err)
			}
		}
		if s.Kind == config.KindCommand && len(s.Command) > 0 {
			if _, err := exec.LookPath(s.Command[0]); err != nil {
				note(key+".command", "the program cannot be run: %v", err)
			}
			if _, err := command.Environment(s); err != nil {
				note(key+".env_files", "%v", err)
			}
		}
	}
	if all := found.And(issues); len(all) > 0 {
		return all
	}
	return nil
}

// maxCertificates bounds a file of certificates, bytes.
const maxCertificates = 1 << 20

// creatable tells whether a folder is there or can be made: what is there of its path must be folders.
func creatable(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && !info.IsDir():
			return fmt.Errorf("%q is no folder", dir)
		case err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir:
			return err
		}
		dir = filepath.Dir(dir)
	}
}

// checkedSeconds is how much of a recording is decoded to see whether it can be played.
const checkedSeconds = 600

// playable decodes a recording, a very long one in part.
func playable(path string) error {
	reader, err := audio.Open(path)
	if err != nil {
		return err
	}
	defer reader.Close()
	mono, err := audio.Mono(reader, gammatone.Default().SampleRate, audio.Mix)
	if err != nil {
		return err
	}
	buf := make([]float32, gammatone.Default().SampleRate)
	for range checkedSeconds {
		if _, err := mono.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// EveryMistake adds to the mistakes that kept a configuration from use those that would come to light after them.
func EveryMistake(f *config.File, err error, builtIn func() []byte) error {
	var found config.Errors
	if f == nil || !errors.As(err, &found) {
		return err
	}
	return Check(f, found, builtIn)
}

// Rules are what a configuration's labels come to, without anything being started; rateHz is the model's.
func Rules(f *config.File, builtIn func() []byte) (r *rules.Rules, rateHz int, err error) {
	m, front, err := engine.Load(f.Config.Model.Path, builtIn)
	if err != nil {
		return nil, 0, err
	}
	second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
	if err != nil {
		return nil, 0, err
	}
	if r, err = rules.Resolve(f, m, front, second.Head); err != nil {
		return nil, 0, err
	}
	return r.For("", rules.Adjusted(f.Tuned)), front.SampleRate, nil
}
