package source

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/kind"
	"earshot/daemon/config"
	"earshot/daemon/health"
	"earshot/daemon/rules"
	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/internal/test/sourcetest"

	"github.com/rs/zerolog"
)

// patient is a source under the eyes of a doctor.
type patient struct {
	doctor *doctor
	ended  chan error

	mu    sync.Mutex
	came  int64
	peak  float32
	why   []string
	since time.Time // of the first samples
}

func (p *patient) Write(x []float32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since.IsZero() {
		p.since = time.Now()
	}
	p.came += int64(len(x))
	for _, v := range x {
		p.peak = max(p.peak, v, -v)
	}
}
func (p *patient) Skip(int64) {}

// heard is how many samples came, and the peak of them.
func (p *patient) heard() (came int64, peak float32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.came, p.peak
}

// comes waits for more samples than least.
func (p *patient) comes(t *testing.T, least int64) {
	t.Helper()
	sourcetest.Until(t, fmt.Sprintf("%d samples", least), func() bool { came, _ := p.heard(); return came > least })
}

// told is what was said of the source's phases.
func (p *patient) told() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.why, "\n")
}

// sees runs the source that c configures, and lets the doctor look at it in short spans.
func sees(t *testing.T, c config.Source, stdin *os.File) *patient {
	t.Helper()
	p := &patient{doctor: newDoctor(gammatone.Default(), zerolog.Nop(), func() {}), ended: make(chan error, 1)}
	p.doctor.meter.Span = 500 * time.Millisecond
	source, err := kind.Open(c, capture.Common{Rate: sourcetest.Rate, Stdin: stdin, OnFlaw: p.doctor.flaw, OnState: func(s capture.State) {
		t.Logf("%v: %s", s.Phase, s.Why)
		p.doctor.captured(s)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.why = append(p.why, s.Why)
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { p.ended <- source.Run(ctx, p); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return p
}

// finds waits for a problem, None for that it is over.
func (p *patient) finds(t *testing.T, problem health.Problem, says string) {
	t.Helper()
	sourcetest.Until(t, fmt.Sprintf("%q: %s", problem, says), func() bool {
		came, _ := p.heard()
		p.doctor.pace(came)
		v := p.doctor.verdict()
		return v.Problem == problem && strings.Contains(v.Detail, says)
	})
	t.Log(p.doctor.verdict().Detail)
}

// script is a source that is a shell's.
func script(text string, change func(*config.Source)) config.Source {
	c := config.Source{Name: "src", Kind: config.KindCommand, Command: []string{"sh", "-c", text}}
	if change != nil {
		change(&c)
	}
	return c
}

func pointer[T any](v T) *T { return &v }

// TestTooSlow: 16 kHz that is called 44.1 kHz is a wrong rate, and told with both figures.
func TestTooSlow(t *testing.T) {
	p := sees(t, script(`while :; do head -c 3200 /dev/zero; sleep 0.1; done`, nil), nil)
	p.finds(t, health.Rate, "samples a second, the configuration says 44100")
}

// TestTooFast: 48 kHz stereo that is called mono, from a program and on standard input.
func TestTooFast(t *testing.T) {
	const twice = `while :; do head -c 38400 /dev/zero; sleep 0.1; done`
	sees(t, script(twice, nil), nil).finds(t, health.Rate, "samples a second, the configuration says 44100")
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	child := exec.Command("sh", "-c", twice)
	child.Stdout = out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	defer func() { child.Process.Kill(); child.Wait() }()
	sees(t, config.Source{Name: "src", Kind: config.KindStdin}, in).finds(t, health.Rate, "held back to real time")
}

// TestRecordingThroughAPipe: what comes as fast as it can be read is played in real time, and is no fault.
func TestRecordingThroughAPipe(t *testing.T) {
	p := sees(t, script(`exec cat /dev/zero`, nil), nil)
	sourcetest.Until(t, "held back", func() bool { return strings.Contains(p.told(), "faster than real time, so held back to it") })
	p.comes(t, 4*sourcetest.Rate)
	p.mu.Lock()
	passed, came := time.Since(p.since), time.Duration(p.came)*time.Second/sourcetest.Rate
	p.mu.Unlock()
	const burst = 2500 * time.Millisecond // let through at once
	if came > passed+burst {
		t.Errorf("%v of sound in %v", came, passed)
	}
	if v := p.doctor.verdict(); v.Problem == health.Rate {
		t.Errorf("called a problem: %s", v.Detail)
	}
}

// TestHeaderInAPipe: a WAV file in a pipe is read as it says, whatever the configuration says; another kind of file is refused.
func TestHeaderInAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sound.wav")
	x := make([]float32, 16000)
	for i := range x {
		x[i] = 0.25
	}
	if err := audio.WriteWAV16(path, x, 16000); err != nil {
		t.Fatal(err)
	}
	p := sees(t, script(`cat "$1"; exec sleep 1000`, func(c *config.Source) {
		c.Command = append(c.Command, "sh", path)
		c.Format, c.Channels = pointer("f32le"), pointer(2)
	}), nil)
	sourcetest.Until(t, "the header is told", func() bool {
		return strings.Contains(p.told(), "as its WAV header says (s16le, 16000 Hz, channels: 1), not as the configuration does (f32le, 44100 Hz, channels: 2)")
	})
	p.comes(t, sourcetest.Rate*9/10) // a second at our rate, but for the resampler's tail
	if _, peak := p.heard(); peak > 0.3 {
		t.Errorf("peak %g of sound at 0.25: the header was heard", peak)
	}

	ogg := sees(t, script(`printf 'OggS\000\002'; exec sleep 1000`, nil), nil)
	sourcetest.Until(t, "an Ogg file is refused", func() bool { return strings.Contains(ogg.told(), "it gives an Ogg file; want raw samples") })
	if came, _ := ogg.heard(); came > 0 {
		t.Errorf("%d samples of it were taken", came)
	}
}

// TestInvertedChannel: the second channel of a pipe is the first one's negative. It is heard all the same, and told; and
// whoever picks the channel has put it right.
func TestInvertedChannel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inverted.s16")
	frame := []byte{0, 0x20, 0, 0xe0, 0, 0xe0, 0, 0x20} // 0.25, -0.25; -0.25, 0.25
	if err := os.WriteFile(path, bytes.Repeat(frame, 44100), 0o600); err != nil {
		t.Fatal(err)
	}
	stereo := func(c *config.Source) {
		c.Command, c.Channels = append(c.Command, "sh", path), pointer(2)
	}
	p := sees(t, script(`cat "$1"; exec sleep 1000`, stereo), nil)
	p.finds(t, health.Inverted, "one is inverted")
	if _, peak := p.heard(); peak < 0.2 {
		t.Errorf("peak %g of sound at 0.25: it was cancelled", peak)
	}
	picked := sees(t, script(`cat "$1"; exec sleep 1000`, func(c *config.Source) {
		stereo(c)
		c.Channel = pointer("1")
	}), nil)
	picked.comes(t, 3*sourcetest.Rate/2)
	if v := picked.doctor.verdict(); v.Problem == health.Inverted {
		t.Errorf("told although the channel is picked: %s", v.Detail)
	}
}

// TestNarrow: a source whose sound ends at 4 kHz is told with what of the watched it costs.
func TestNarrow(t *testing.T) {
	d := newDoctor(gammatone.Default(), zerolog.Nop(), func() {})
	watched := func() []rules.Label { return []rules.Label{{ID: "dog"}, {ID: "glass_breaking"}, {ID: "crying_baby"}} }
	second := make([]float32, 44100)
	for i := range second {
		second[i] = float32(0.2*math.Sin(2*math.Pi*1500*float64(i)/44100) + 0.1*math.Sin(2*math.Pi*3600*float64(i)/44100))
	}
	for range 601 {
		d.bands(second, watched)
	}
	v := d.verdict()
	if v.Problem != health.Narrow || !strings.Contains(v.Detail, "nothing above 4.0 kHz for 10m0s: glass_breaking, crying_baby are heard less") {
		t.Errorf("%+v", v)
	}
}
