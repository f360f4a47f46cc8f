package cli

import (
	"earshot/daemon/config"

	"github.com/spf13/cobra"
)

// settings are the flags that say where the configuration is and what overrides it.
type settings struct {
	path string
	sets []string
	// Flags that stand for one key, by key.
	short map[string]*shortcut
}

type shortcut struct{ flag, value string }

// shortcuts are the keys worth a flag of their own.
var shortcuts = []struct{ flag, key, usage string }{
	{"broker", "mqtt.broker", "MQTT broker, such as tcp://homeassistant.local:1883 (default: the embedded one)"},
	{"username", "mqtt.username", "user name at the broker"},
	{"password-file", "mqtt.password_file", "file that holds the password alone"},
	{"ca-file", "mqtt.ca_file", "certificate authority of an ssl:// broker"},
	{"node", "node.id", "id in every topic (default: made from the machine id)"},
	{"model", "model.path", "ONNX model (default: the one inside the binary)"},
	{"onnxruntime", "inference.library", "libonnxruntime.so (default: searched for)"},
	{"provider", "inference.provider", "where to compute: auto, cuda, tensorrt, openvino or cpu"},
	{"threads", "inference.threads", "processor threads for the network"},
	{"hop", "windows.hop_frames", "frames from one window to the next, 8 to 128; 64 are 0.743 s"},
	{"listen", "web.listen", "address of the live page (empty: none)"},
	{"log-level", "log.level", "trace, debug, info, warn or error"},
	{"log-format", "log.format", "auto, console or json"},
}

// addTo registers the flags on a command.
func (s *settings) addTo(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&s.path, "config", "c", "", "configuration file (default $EARSHOT_CONFIG, "+config.SystemPath+", else built-in settings)")
	f.StringArrayVar(&s.sets, "set", nil, "any setting of the file, as key=value; may be given several times")
	s.short = map[string]*shortcut{}
	for _, sc := range shortcuts {
		entry := &shortcut{flag: sc.flag}
		s.short[sc.key] = entry
		f.StringVar(&entry.value, sc.flag, "", sc.usage)
	}
}

// overrides are what the command line sets, the short flags after --set.
func (s *settings) overrides(c *cobra.Command) ([]config.Override, error) {
	var all []config.Override
	for _, set := range s.sets {
		o, err := config.ParseOverride("--set", set)
		if err != nil {
			return nil, usage(err)
		}
		all = append(all, o)
	}
	for _, sc := range shortcuts {
		if c.Flags().Changed(sc.flag) {
			all = append(all, config.Override{Flag: "--" + sc.flag, Key: sc.key, Value: s.short[sc.key].value})
		}
	}
	return all, nil
}

// load reads the configuration with the command line's overrides and more of the caller's.
func (s *settings) load(c *cobra.Command, more ...config.Override) (*config.File, error) {
	overrides, err := s.overrides(c)
	if err != nil {
		return nil, err
	}
	f, err := config.Load(config.Find(s.path), append(overrides, more...))
	return f, fail(exitConfig, err)
}

// loadStdin is load from standard input, for a command that reads the configuration once.
func (s *settings) loadStdin(c *cobra.Command, more ...config.Override) (*config.File, error) {
	overrides, err := s.overrides(c)
	if err != nil {
		return nil, err
	}
	f, err := config.Read("standard input", c.InOrStdin(), append(overrides, more...))
	return f, fail(exitConfig, err)
}
