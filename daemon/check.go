package daemon

import (
	"fmt"
	"os/exec"

	"earshot/daemon/capture/command"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/rules"
	"earshot/internal/audio"
	"earshot/internal/readfile"
)

// Check looks at what a configuration names beyond itself: the model and its labels, secrets, certificates,
// recordings, programs. It touches no network and no sound device, and reports everything at once.
func Check(f *config.File, builtIn func() []byte) error {
	var issues config.Errors
	note := func(key, format string, args ...any) { issues = append(issues, f.Issue(key, format, args...)) }
	m, front, err := engine.Load(f.Config.Model.Path, builtIn)
	if err != nil {
		note("model.path", "%v", err)
	} else {
		second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
		if err != nil {
			note("verify.model", "%v", err)
		}
		if _, err := rules.Resolve(f, m, front, second.Head); err != nil {
			if more, ok := err.(config.Errors); ok {
				issues = append(issues, more...)
			} else {
				note("watch", "%v", err)
			}
		}
	}
	c := f.Config.MQTT
	if _, err := config.ReadSecret(c.PasswordFile, config.CredentialPassword); err != nil {
		note("mqtt.password_file", "%v", err)
	}
	for key, path := range map[string]string{"ca_file": c.CAFile, "cert_file": c.CertFile, "key_file": c.KeyFile} {
		if path == "" {
			continue
		}
		if err := readable(path); err != nil {
			note("mqtt."+key, "%v", err)
		}
	}
	for i, s := range f.Config.Sources {
		key := fmt.Sprintf("sources[%d]", i)
		for j, path := range s.Paths {
			if err := playable(path); err != nil {
				note(fmt.Sprintf("%s.paths[%d]", key, j), "%v", err)
			}
		}
		if s.Kind == config.KindCommand {
			if _, err := exec.LookPath(s.Command[0]); err != nil {
				note(key+".command", "the program cannot be run: %v", err)
			}
			if _, err := command.Environment(s); err != nil {
				note(key+".env_files", "%v", err)
			}
		}
	}
	if len(issues) > 0 {
		return issues
	}
	return nil
}

func readable(path string) error {
	file, err := readfile.Open(path, readfile.AnySize)
	if err != nil {
		return err
	}
	return file.Close()
}

// playable opens a recording as far as its header.
func playable(path string) error {
	reader, err := audio.Open(path)
	if err != nil {
		return err
	}
	return reader.Close()
}
