// Package vmic is a virtual microphone for tests: a private PulseAudio daemon
// with a null sink whose monitor ALSA, and so PortAudio, sees as the input
// device "mic". What is played into it comes out bit-exact and in real time.
// It can be unplugged, killed and frozen, as real ones are.
package vmic

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Device is the name under which PortAudio lists the microphone.
const Device = "mic"

// Config describes the microphone.
type Config struct {
	Rate     int      // Hz; 0 = 44100
	Channels int      // 0 = 1
	Extra    []string // more ALSA devices, for example "pcm.other { type null hint { show on } }"
}

// Mic is a running virtual microphone.
type Mic struct {
	cfg    Config
	dir    string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	done   chan struct{} // closed when the daemon has ended
	module string        // index of the null sink; "" = unplugged
}

// startLimit bounds how long PulseAudio may take to answer.
const startLimit = 20 * time.Second

// Start makes a microphone with its state in a new temporary folder.
func Start(cfg Config) (*Mic, error) {
	if cfg.Rate == 0 {
		cfg.Rate = 44100
	}
	if cfg.Channels == 0 {
		cfg.Channels = 1
	}
	dir, err := os.MkdirTemp("", "vmic")
	if err != nil {
		return nil, err
	}
	m := &Mic{cfg: cfg, dir: dir}
	err = m.writeALSA()
	if err == nil {
		err = m.Revive()
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// Env is what a process needs in its environment to see the microphone.
func (m *Mic) Env() []string {
	return []string{
		"PULSE_SERVER=" + m.server(),
		"PULSE_RUNTIME_PATH=" + filepath.Join(m.dir, "run"),
		"PULSE_STATE_PATH=" + filepath.Join(m.dir, "state"),
		"PULSE_COOKIE=" + filepath.Join(m.dir, "cookie"),
		"ALSA_CONFIG_PATH=" + m.alsa(),
		"JACK_NO_START_SERVER=1",
	}
}

// Setenv makes this process see the microphone.
func (m *Mic) Setenv() {
	for _, e := range m.Env() {
		k, v, _ := strings.Cut(e, "=")
		os.Setenv(k, v)
	}
}

func (m *Mic) server() string { return "unix:" + filepath.Join(m.dir, "run", "native") }
func (m *Mic) alsa() string   { return filepath.Join(m.dir, "asound.conf") }

// SetDevices writes the ALSA configuration anew with these devices before the
// microphone, which so gets another number.
func (m *Mic) SetDevices(extra ...string) error {
	m.cfg.Extra = extra
	return m.writeALSA()
}

func (m *Mic) writeALSA() error {
	plugins, _ := filepath.Glob("/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so")
	if len(plugins) == 0 {
		return errors.New("vmic: ALSA's pulse plug-in is missing: apt-get install libasound2-plugins")
	}
	pulse := fmt.Sprintf("{ type pulse server %q device vmic.monitor hint { show on description virtual } }", m.server())
	conf := fmt.Sprintf("pcm_type.pulse { lib %q }\n%s\npcm.%s %s\npcm.!default %s\n",
		plugins[0], strings.Join(m.cfg.Extra, "\n"), Device, pulse, pulse)
	return os.WriteFile(m.alsa(), []byte(conf), 0o644)
}

// Revive starts the daemon when it does not run, and plugs the microphone in.
func (m *Mic) Revive() error {
	for _, d := range []string{"run", "state"} {
		if err := os.MkdirAll(filepath.Join(m.dir, d), 0o700); err != nil {
			return err
		}
	}
	socket := filepath.Join(m.dir, "run", "native")
	os.Remove(socket)
	m.cmd = exec.Command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
		"--realtime=no", "--high-priority=no", "--log-target=stderr",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket)
	m.cmd.Env = append(os.Environ(), m.Env()...)
	m.cmd.Stderr = &m.stderr
	m.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("vmic: start PulseAudio: %w", err)
	}
	m.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { cmd.Wait(); close(done) }(m.cmd, m.done)
	for end := time.Now().Add(startLimit); ; time.Sleep(50 * time.Millisecond) {
		if _, err := m.pactl("info"); err == nil {
			return m.Plug()
		}
		select {
		case <-m.done:
			return fmt.Errorf("vmic: PulseAudio ended: %s", m.stderr.String())
		default:
		}
		if time.Now().After(end) {
			return fmt.Errorf("vmic: PulseAudio does not answer within %v", startLimit)
		}
	}
}

func (m *Mic) pactl(args ...string) (string, error) {
	cmd := exec.Command("pactl", args...)
	cmd.Env = append(os.Environ(), m.Env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("vmic: pactl %s: %w: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// Plug loads the virtual microphone.
func (m *Mic) Plug() (err error) {
	m.module, err = m.pactl("load-module", "module-null-sink", "sink_name=vmic",
		"rate="+strconv.Itoa(m.cfg.Rate), "channels="+strconv.Itoa(m.cfg.Channels), "format=s16le")
	return err
}

// Unplug takes the virtual microphone away; the daemon stays.
func (m *Mic) Unplug() error {
	_, err := m.pactl("unload-module", m.module)
	m.module = ""
	return err
}

// Kill ends the daemon as a crash would.
func (m *Mic) Kill() {
	m.cmd.Process.Kill()
	<-m.done
}

// Freeze stops the daemon without ending it: its clients wait for ever.
func (m *Mic) Freeze() error { return m.cmd.Process.Signal(unix.SIGSTOP) }

// Thaw lets a frozen daemon go on.
func (m *Mic) Thaw() error { return m.cmd.Process.Signal(unix.SIGCONT) }

// Play plays a sound file into the microphone, in real time, to its end.
func (m *Mic) Play(path string) error {
	cmd := exec.Command("paplay", "--device=vmic", path)
	cmd.Env = append(os.Environ(), m.Env()...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("vmic: paplay %s: %w: %s", path, err, out)
	}
	return nil
}

// leadIn is silence before what PlaySamples plays: PulseAudio cuts about 50 ms
// off the beginning of a stream.
const leadIn = 300 * time.Millisecond

// PlaySamples plays mono samples, as 16 bits at rate Hz, in real time, to their
// end. What comes out is exactly round(32768·x), limited to 16 bits, after some
// silence; so samples that came from 16 bits come out as they were.
func (m *Mic) PlaySamples(x []float32, rate int) error { return m.PlayChannels(x, 1, rate) }

// PlayChannels is PlaySamples of interleaved channels.
func (m *Mic) PlayChannels(x []float32, channels, rate int) error {
	b := make([]byte, 2*channels*int(leadIn.Seconds()*float64(rate)), 2*(len(x)+channels*rate))
	for _, v := range x {
		s := max(-32768, min(32767, math.Round(float64(v)*32768)))
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(s)))
	}
	cmd := exec.Command("pacat", "--playback", "--device=vmic", "--raw", "--format=s16le", "--channels="+strconv.Itoa(channels), "--rate="+strconv.Itoa(rate))
	cmd.Env = append(os.Environ(), m.Env()...)
	cmd.Stdin = bytes.NewReader(b)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("vmic: pacat: %w: %s", err, out)
	}
	return nil
}

// Close ends the daemon and removes its folder.
func (m *Mic) Close() {
	if m.done != nil {
		m.Kill()
	}
	os.RemoveAll(m.dir)
}
