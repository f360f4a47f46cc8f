package cli

import (
	"strings"

	"earshot/daemon/config"

	"github.com/spf13/cobra"
)

// helpTopics are what "earshot help" tells beside the commands; packaging/earshot.1 has the same.
func helpTopics() []*cobra.Command {
	topics := []*cobra.Command{
		{Use: "exit-codes", Short: "what the exit codes mean", Long: "Exit codes:\n\n" + exitCodeHelp()},
		{Use: "environment", Short: "the variables that earshot reads", Long: "Environment variables:\n\n" + environmentHelp()},
		{Use: "configuration", Short: "where settings come from, and which one counts", Long: `Settings come from four places; the later one counts:

  1. the defaults inside the program: "earshot check-config --defaults" prints them all,
     each with what it means
  2. one file: the one that --config names, else $EARSHOT_CONFIG, else
     ` + config.SystemPath + `; what it does not say stays as it is by default
  3. --set KEY=VALUE, for every key of the file (--set windows.hop_frames=16)
  4. the flags that stand for a key (--broker, --model, …)

Secrets are never in that file but in files of their own that it names, or in the
systemd credentials "mqtt_username", "mqtt_password" and "web_password".

"earshot check-config" lists every mistake at once. A running service takes a changed
file by "systemctl reload earshot" (SIGHUP); a bad one is refused and the old one stays.`},
	}
	for _, c := range topics {
		c.GroupID = "setup"
	}
	return topics
}

// environment are the variables that the program reads.
var environment = []struct{ name, text string }{
	{"EARSHOT_CONFIG", "configuration file, where --config names none"},
	{"EARSHOT_ONNXRUNTIME", "ONNX Runtime's shared library (libonnxruntime.so), where it is not found by itself"},
	{"CREDENTIALS_DIRECTORY", "set by systemd: where the service's secrets lie"},
	{"STATE_DIRECTORY", "set by systemd: where the service keeps what outlives a restart"},
	{"XDG_STATE_HOME", "without systemd: what outlives a restart is in its folder earshot (else ~/.local/state)"},
	{"XDG_CACHE_HOME", "where computed features are kept for the next training (--cache)"},
	{"EARSHOT_AUDIO_NOISE", "not empty: what the sound libraries write on standard error is shown"},
	{"NO_COLOR", "not empty: no colours in the log"},
}

func environmentHelp() string {
	var b strings.Builder
	for _, v := range environment {
		b.WriteString("  " + v.name + strings.Repeat(" ", 23-len(v.name)) + v.text + "\n")
	}
	return b.String()
}
