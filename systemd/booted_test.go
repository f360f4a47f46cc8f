package systemd

import (
	"testing"
	"time"
)

// The canary must never be seen outside the credential and the broker's own password file.
const canary = "canary-7c1f90d2"

const (
	nodeTopic = "earshot/booth"
	subscribe = "mosquitto_sub -h 127.0.0.1 -u watcher -P watcher"

	// recording is a dog's bark (credits: gammatone/testdata/README.md).
	recording = "../gammatone/testdata/clip_1-30226-A-0.wav"
)

// TestBootedPackage installs the Debian package on a booted systemd with a broker that wants a password
// and a virtual microphone, and lives through what a service lives through. The steps build on each
// other, so the first that fails ends the test.
func TestBootedPackage(t *testing.T) {
	m := boot(t)
	deb := buildPackage(t)
	m.startBroker()
	m.startMicrophone()
	m.installPackage(deb)
	for _, step := range []struct {
		name string
		run  func(*machine)
	}{
		{"ready", (*machine).ready},
		{"capture", (*machine).capture},
		{"confined", (*machine).confined},
		{"reload", (*machine).reload},
		{"watchdog", (*machine).watchdog},
		{"hang", (*machine).hang},
		{"stop", (*machine).stop},
		{"secret", (*machine).secret},
		{"purge", (*machine).purge},
	} {
		if !t.Run(step.name, func(t *testing.T) { within := *m; within.t = t; step.run(&within) }) {
			return
		}
	}
}

// startBroker runs mosquitto with passwords and an access list: earshot may write below its own topics only.
func (m *machine) startBroker() {
	m.write("/etc/mosquitto/conf.d/booth.conf", "listener 1883 127.0.0.1\nallow_anonymous false\n"+
		"password_file /etc/mosquitto/booth.passwd\nacl_file /etc/mosquitto/booth.acl\n", 0o644)
	m.write("/etc/mosquitto/booth.acl", "user earshot\ntopic readwrite earshot/#\ntopic readwrite homeassistant/#\n\n"+
		"user watcher\ntopic readwrite #\n", 0o644)
	m.sh("mosquitto_passwd -b -c /etc/mosquitto/booth.passwd earshot " + canary +
		" && mosquitto_passwd -b /etc/mosquitto/booth.passwd watcher watcher" +
		" && chmod 644 /etc/mosquitto/booth.passwd && systemctl restart mosquitto")
}

// startMicrophone runs a PulseAudio whose null sink's monitor is what ALSA's device "mic" records.
func (m *machine) startMicrophone() {
	m.write("/etc/systemd/system/booth-mic.service", `[Service]
RuntimeDirectory=booth
Environment=HOME=/run/booth PULSE_RUNTIME_PATH=/run/booth/own PULSE_STATE_PATH=/run/booth/own
ExecStart=pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no --realtime=no --high-priority=no \
  -L "module-native-protocol-unix auth-anonymous=1 socket=/run/booth/native" \
  -L "module-null-sink sink_name=booth rate=44100 channels=1 format=s16le"
`, 0o644)
	m.write("/etc/asound.conf", `pcm.mic { type pulse server "unix:/run/booth/native" hint { show on description "booth microphone" } }
ctl.mic { type pulse server "unix:/run/booth/native" }
pcm.!default { type pulse server "unix:/run/booth/native" }
ctl.!default { type pulse server "unix:/run/booth/native" }
`, 0o644)
	m.sh("systemctl daemon-reload && systemctl start booth-mic")
	m.until("PULSE_SERVER=unix:/run/booth/native pactl list short sinks", "booth", 20*time.Second)
}

// installPackage configures earshot before the package is unpacked, as an administrator with a saved
// configuration would, and installs it; its maintainer script starts the service.
func (m *machine) installPackage(deb string) {
	m.write("/etc/earshot/config.yaml", `node: {id: booth}
sources: [{name: mic, kind: portaudio, device: mic}]
mqtt: {broker: "tcp://127.0.0.1:1883"}
watch: {labels: [{label: "*"}]}
`, 0o644)
	m.write("/etc/earshot/mqtt/username", "earshot\n", 0o600)
	m.write("/etc/earshot/mqtt/password", canary+"\n", 0o600)
	m.write("/etc/systemd/system/earshot.service.d/booth.conf",
		"[Service]\nWatchdogSec=5\nEnvironment=PULSE_SERVER=unix:/run/booth/native\n", 0o644)
	// The index of manual pages is built from all of the machine's: minutes, and none of our business.
	m.sh("rm -f /var/lib/man-db/auto-update; dpkg --force-confold --force-unsafe-io -i " + m.bring(deb))
}
