package cli

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

// command runs earshot in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	shipped, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code = execute(args, shipped, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// place is a folder with what the cases need.
type place struct {
	t   *testing.T
	dir string
}

func (p place) file(name string, content []byte) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func (p place) config(name, text string) string { return p.file(name, []byte(text)) }

// wavFile makes a RIFF WAVE file; format 1 is integer PCM, 3 is float.
func wavFile(format, channels, rate, bits int, seconds float64, value func(i int) float64) []byte {
	n := int(seconds*float64(rate)) * channels
	var data bytes.Buffer
	for i := range n {
		v := value(i / channels)
		switch {
		case format == 3:
			_ = binary.Write(&data, binary.LittleEndian, float32(v))
		case bits == 8:
			data.WriteByte(byte(128 + 127*v))
		case bits == 24:
			s := int32(v * (1<<23 - 1))
			data.Write([]byte{byte(s), byte(s >> 8), byte(s >> 16)})
		default:
			_ = binary.Write(&data, binary.LittleEndian, int16(v*32767))
		}
	}
	var b bytes.Buffer
	frame := channels * bits / 8
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+data.Len()))
	b.WriteString("WAVEfmt ")
	for _, v := range []any{uint32(16), uint16(format), uint16(channels), uint32(rate), uint32(rate * frame), uint16(frame), uint16(bits)} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(data.Len()))
	b.Write(data.Bytes())
	return b.Bytes()
}

func tone(hz, rate float64) func(int) float64 {
	return func(i int) float64 { return 0.5 * math.Sin(2*math.Pi*hz*float64(i)/rate) }
}

// silentBroker answers every connection with the CONNACK code given (5: not authorised).
func silentBroker(t *testing.T, code byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 512))
			_, _ = c.Write([]byte{0x20, 2, 0, code})
			_ = c.Close()
		}
	}()
	return "tcp://" + l.Addr().String()
}

// TestBadInput is the table of what can be wrong: each with its exit code and one message that says what is wrong
// and what would be right.
func TestBadInput(t *testing.T) {
	p := place{t, t.TempDir()}
	good := p.file("good.onnx", testmodel.New("dog", "siren", "background").Bytes())
	other := testmodel.New("dog")
	other.Metadata["front_end"] = strings.Replace(testmodel.FrontEnd, `"fmin_hz":50`, `"fmin_hz":20`, 1)
	wild := testmodel.New("dog")
	wild.Metadata["front_end"] = strings.Replace(testmodel.FrontEnd, `"bands":128`, `"bands":64`, 1)
	sine := tone(440, 44100)
	sound := p.file("sound.wav", wavFile(1, 1, 44100, 16, 2, sine))
	labels := p.config("labels.yaml", "watch: {labels: [{label: dogg}]}\n")

	run := func(more ...string) []string {
		return append([]string{"run", "--listen", "", "--log-level", "error", "--set", "mqtt.embedded=127.0.0.1:0", "--set", "state_dir=" + p.dir}, more...)
	}
	play := func(path string) []string { return run("--model", good, "--fast", "--file", path) }
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // all in the message
	}{
		{"unknown command", []string{"lisen"}, exitUsage, []string{`unknown command "lisen"`, "run"}},
		{"unknown flag", []string{"run", "--hopp", "3"}, exitUsage, []string{"--hopp", "run --help"}},
		{"stray argument", []string{"run", "x.wav"}, exitUsage, []string{"takes no arguments", "x.wav"}},
		{"two kinds of source", []string{"run", "--file", "x", "--device", "y"}, exitUsage, []string{"file", "device"}},
		{"flags without files", []string{"run", "--fast"}, exitUsage, []string{"--file"}},
		{"set without value", []string{"run", "--set", "x"}, exitUsage, []string{"key=value"}},
		{"bench of what", []string{"bench", "everything"}, exitUsage, []string{"everything", "latency"}},

		{"no such configuration", []string{"run", "-c", "/nowhere.yaml"}, exitConfig, []string{"/nowhere.yaml", "check-config --defaults"}},
		{"unknown keys", []string{"run", "-c", p.config("keys.yaml", "a: 1\nmqtt: {brokr: x}\n")}, exitConfig, []string{"2 mistakes", "keys.yaml:1: a: unknown key", "keys.yaml:2: mqtt.brokr: unknown key; did you mean broker?"}},
		{"bad flag value", run("--hop", "1"), exitConfig, []string{"--hop: windows.hop_frames", "8 to 128"}},
		{"unknown key set", run("--set", "windows.hopp=1"), exitConfig, []string{"windows.hopp: unknown key"}},
		{"labels of another model", run("-c", labels, "--model", good, "--file", sound), exitConfig, []string{"labels.yaml:1", `"dogg"`, "did you mean dog?"}},
		{"password file missing", run("--broker", "tcp://h", "--username", "u", "--password-file", "/nowhere", "--model", good, "--file", sound), exitConfig, []string{"mqtt.password_file", "/nowhere"}},
		{"no certificate", []string{"check-config", "--broker", "ssl://h", "--set", "mqtt.ca_file=" + labels}, exitConfig, []string{"mqtt.ca_file", "no PEM certificate"}},
		{"no key", []string{"check-config", "--broker", "ssl://h", "--set", "mqtt.cert_file=" + labels, "--set", "mqtt.key_file=" + labels}, exitConfig, []string{"mqtt.cert_file", "go together"}},
		{"no library, no state folder", []string{"check-config", "--set", "inference.library=/dev/zero", "--set", "state_dir=" + labels}, exitConfig, []string{"inference.library", "it is a device", "state_dir", "is no folder"}},
		{"clips nowhere", run("--model", good, "--file", sound, "--set", "clips.enabled=true", "--set", "clips.dir=/proc/none"), exitConfig, []string{"clips.dir", "/proc/none"}},

		{"no model", run("--model", "/nowhere.onnx", "--file", sound), exitModel, []string{"/nowhere.onnx", "no such file"}},
		{"text as model", run("--model", p.file("text.onnx", []byte("hello")), "--file", sound), exitModel, []string{"text.onnx"}},
		{"empty model", run("--model", p.file("empty.onnx", nil), "--file", sound), exitModel, []string{"empty.onnx"}},
		{"half a model", run("--model", p.file("half.onnx", testmodel.New("dog").Bytes()[:200]), "--file", sound), exitModel, []string{"half.onnx"}},
		{"model without metadata", run("--model", p.file("bare.onnx", withoutMetadata()), "--file", sound), exitModel, []string{"bare.onnx", "labels"}},
		{"another front end's shape", run("--model", p.file("wild.onnx", wild.Bytes()), "--file", sound), exitModel, []string{"wild.onnx", "front"}},
		{"no runtime", run("--model", good, "--onnxruntime", "/nowhere/libonnxruntime.so", "--file", sound), exitModel, []string{"/nowhere/libonnxruntime.so"}},
		{"provider that is not there", run("--model", good, "--provider", "cuda", "--file", sound), exitModel, []string{"cuda"}},

		{"no such file", play("/nowhere.wav"), exitAudio, []string{"/nowhere.wav"}},
		{"folder as file", play(p.dir), exitAudio, []string{p.dir}},
		{"text as sound", play(p.file("text.wav", []byte("dear diary"))), exitAudio, []string{"text.wav", "not audio"}},
		{"empty file", play(p.file("empty.wav", nil)), exitAudio, []string{"empty.wav"}},
		{"header alone", play(p.file("header.wav", wavFile(1, 1, 44100, 16, 0, sine))), exitAudio, []string{"header.wav"}},
		{"half a header", play(p.file("half.wav", wavFile(1, 1, 44100, 16, 1, sine)[:30])), exitAudio, []string{"half.wav"}},
		{"not a number", play(p.file("nan.wav", wavFile(3, 1, 44100, 32, 2, func(int) float64 { return math.NaN() }))), exitAudio, []string{"nan.wav"}},
		{"no such device", run("--model", good, "--device", "surely not there"), exitAudio, []string{"surely not there"}},
		{"no such program", run("--model", good, "--set", "sources=[{kind: command, command: [/nowhere/ffmpeg]}]"), exitAudio, []string{"/nowhere/ffmpeg"}},

		{"no broker", []string{"check-config", "--online", "--model", good, "--broker", "tcp://127.0.0.1:1", "--set", "watch.labels=[{label: dog}]", "--set", "watch.groups=[]"}, exitBroker, []string{"127.0.0.1:1", "refused"}},
		{"wrong password", []string{"check-config", "--online", "--model", good, "--broker", silentBroker(t, 5), "--set", "watch.labels=[{label: dog}]", "--set", "watch.groups=[]"}, exitBroker, []string{"user"}},

		{"8 bits", play(p.file("8.wav", wavFile(1, 1, 44100, 8, 2, sine))), exitOK, nil},
		{"24 bits", play(p.file("24.wav", wavFile(1, 1, 44100, 24, 2, sine))), exitOK, nil},
		{"float", play(p.file("float.wav", wavFile(3, 1, 44100, 32, 2, sine))), exitOK, nil},
		{"8 kHz", play(p.file("8k.wav", wavFile(1, 1, 8000, 16, 2, tone(440, 8000)))), exitOK, nil},
		{"96 kHz", play(p.file("96k.wav", wavFile(1, 1, 96000, 16, 2, tone(440, 96000)))), exitOK, nil},
		{"5.1", play(p.file("51.wav", wavFile(1, 6, 48000, 16, 2, tone(440, 48000)))), exitOK, nil},
		{"digital silence", play(p.file("silence.wav", wavFile(1, 1, 44100, 16, 4, func(int) float64 { return 0 }))), exitOK, nil},
		{"shorter than a window", play(p.file("short.wav", wavFile(1, 1, 44100, 16, 0.2, sine))), exitOK, nil},
		{"another front end", run("--model", p.file("other.onnx", other.Bytes()), "--fast", "--file", sound), exitOK, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := command(t, c.args...)
			if code != c.code {
				t.Fatalf("exit code %d, want %d; %s%s", code, c.code, stdout, stderr)
			}
			for _, want := range c.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("%q is not in the message:\n%s", want, stderr)
				}
			}
			if code != exitOK && strings.Count(stderr, "earshot: ") != 1 {
				t.Errorf("want one message:\n%s", stderr)
			}
			if strings.Contains(stderr, "goroutine") {
				t.Errorf("a stack in the message:\n%s", stderr)
			}
		})
	}
}

// withoutMetadata is an ONNX file of the right shape that knows nothing about its labels.
func withoutMetadata() []byte {
	m := testmodel.New("dog")
	clear(m.Metadata)
	return m.Bytes()
}

// TestCanary: the password appears nowhere, at any level, whatever happens to the broker.
func TestCanary(t *testing.T) {
	const canary = "canary-4f1c9e"
	p := place{t, t.TempDir()}
	good := p.file("good.onnx", testmodel.New("dog", "siren").Bytes())
	secret := p.file("password", []byte(canary+"\n"))
	sound := p.file("sound.wav", wavFile(1, 1, 44100, 16, 2, tone(440, 44100)))
	url := p.file("camera", []byte("rtsp://admin:"+canary+"@camera/\n"))
	common := []string{"--model", good, "--username", "u", "--password-file", secret, "--set", "watch.labels=[{label: dog}]", "--set", "watch.groups=[]"}
	camera := []string{"--set", "sources=[{kind: command, command: [sh, -c, 'echo $URL >&2; exit 3'], env_files: {URL: '" + url + "'}, env: {A: " + canary + "}}]"}
	for name, args := range map[string][]string{
		"no broker":     slices.Concat([]string{"check-config", "--online", "--broker", "tcp://127.0.0.1:1"}, common),
		"wrong":         slices.Concat([]string{"check-config", "--online", "--broker", silentBroker(t, 4)}, common),
		"inline":        slices.Concat([]string{"check-config", "--broker", "tcp://u:" + canary + "@h"}, common),
		"bad address":   slices.Concat([]string{"check-config", "--broker", "tcp://u:" + canary + "@h:x y"}, common),
		"configuration": slices.Concat([]string{"check-config"}, common, []string{"--broker", "tcp://h"}, camera),
		"privacy":       slices.Concat([]string{"privacy"}, common, []string{"--broker", "tcp://h"}, camera),
		"in the file":   {"check-config", "-c", p.config("inline.yaml", "mqtt: {password: "+canary+", broker: ['"+canary+"']}\npasswort: "+canary+"\nsources: [{kind: command, command: "+canary+"}]\n")},
		"running": slices.Concat([]string{"run", "--log-level", "trace", "--listen", "", "--fast", "--file", sound, "--set", "state_dir=" + p.dir,
			"--broker", silentBroker(t, 5)}, common),
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, args...)
			if all := stdout + stderr; strings.Contains(all, canary) {
				t.Errorf("exit code %d; the secret is in\n%s", code, all)
			} else if all == "" {
				t.Error("nothing was said at all")
			}
		})
	}
	_ = filepath.Walk(p.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && path != secret && path != url && filepath.Ext(path) != ".yaml" {
			if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(canary)) {
				t.Errorf("the secret is in %s", path)
			}
		}
		return nil
	})
}

func TestHelpTeaches(t *testing.T) {
	_, out, _ := command(t)
	for _, want := range []string{"run", "classify", "check-config", "privacy", "bench", "Exit codes", fmt.Sprint(exitModel)} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in the help", want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if code, out, _ := command(t, "completion", shell); code != 0 || !strings.Contains(out, "earshot") {
			t.Errorf("completion %s: %d", shell, code)
		}
	}
	root := newRootCmd(nil)
	for _, c := range root.Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if c.Short == "" || c.GroupID == "" {
			t.Errorf("%s: wants a line of help and a group", c.Name())
		}
	}
}

func TestDefaultsArePrinted(t *testing.T) {
	code, out, _ := command(t, "check-config", "--defaults")
	p := place{t, t.TempDir()}
	if again, _, errs := command(t, "check-config", "-c", p.config("c.yaml", out)); code != 0 || again != 0 {
		t.Errorf("the printed defaults do not pass: %s", errs)
	}
}
