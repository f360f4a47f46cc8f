package scene

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"earshot/internal/audio"
	"earshot/train/dataset"
	"earshot/train/labels"
)

// tone writes s seconds of a tone with a second of silence on either side.
func tone(t *testing.T, path string, hz, s, level float64) string {
	t.Helper()
	x := make([]float32, int((s+2)*Rate))
	for i := range int(s * Rate) {
		x[Rate+i] = float32(level * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	if err := audio.WriteWAV16(path, x, Rate); err != nil {
		t.Fatal(err)
	}
	return path
}

// options are a scene of half a minute, of two labels' tones over a third.
func options(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	o := Options{Labels: []string{"a", "b"}, Minutes: 0.5, PerHour: 720, SNR: [2]float64{0, 20}, Level: -40, Seed: 1}
	for i, hz := range []float64{500, 700, 2000, 2500} {
		name := string(rune('0'+i)) + ".wav"
		o.Clips = append(o.Clips, dataset.Clip{Path: tone(t, filepath.Join(dir, name), hz, 1+0.2*float64(i), 0.3), Name: name, Label: i / 2})
	}
	for i, hz := range []float64{100, 150} {
		o.Background = append(o.Background, tone(t, filepath.Join(dir, "bed"+string(rune('0'+i))+".wav"), hz, 5, 0.01))
	}
	return o
}

func write(t *testing.T, name string, o Options) (truth *Truth, sound []float32, stem string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	truth, err := Write(t.Context(), path, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sound, err = audio.ReadMono(path, Rate); err != nil {
		t.Fatal(err)
	}
	return truth, sound, strings.TrimSuffix(path, filepath.Ext(path))
}

func TestWrite(t *testing.T) {
	o := options(t)
	truth, sound, stem := write(t, "scene.flac", o)
	if len(sound) != 30*Rate || truth.Seconds != 30 || len(truth.Events) != 6 {
		t.Fatalf("%d samples, %g s, %d events", len(sound), truth.Seconds, len(truth.Events))
	}
	of := map[string]int{}
	for i, e := range truth.Events {
		of[e.Clip]++
		slot := 5 * float64(i)
		if e.Onset < slot || e.Offset > slot+5 {
			t.Errorf("event %d lies at %g to %g s, want it within its slot, %g to %g", i, e.Onset, e.Offset, slot, slot+5)
		}
		from, to := int(e.Onset*Rate), int(e.Offset*Rate)
		if n := float64(to-from) / Rate; n < 0.99 || n > 1.7 {
			t.Errorf("event %d lasts %g s: the silence around it should be gone", i, n)
		}
		loud := math.Sqrt(energy(sound[from:to]) / float64(to-from))
		before := sound[max(0, from-Rate/2):from]
		if quiet := math.Sqrt(energy(before) / float64(max(1, len(before)))); len(before) > Rate/4 && loud < quiet {
			t.Errorf("event %d is softer (%g) than what comes before it (%g)", i, loud, quiet)
		}
	}
	// Six events of two labels in turn: three each, all of a label's two clips before any again.
	if len(of) != 4 {
		t.Errorf("clips played: %v, want all four", of)
	}
	for _, ext := range []string{".tsv", ".json"} {
		f, err := labels.Read(stem + ext)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := f.Of("scene.flac")
		want := truth.labels().Events
		if !ok || len(got) != len(want) {
			t.Fatalf("%s: %v, want %v", ext, got, want)
		}
		for i := range got {
			if got[i].Label != want[i].Label || math.Abs(got[i].Onset-want[i].Onset) > 1e-6 || math.Abs(got[i].Offset-want[i].Offset) > 1e-6 {
				t.Errorf("%s: event %d is %v, want %v", ext, i, got[i], want[i])
			}
		}
	}
}

// The same options give the same bytes in all three files, another seed others.
func TestSeed(t *testing.T) {
	o := options(t)
	o.Minutes, o.Reverb, o.Distance, o.Band = 0.2, true, true, Telephone
	files := func(o Options) (out []string) {
		path := filepath.Join(t.TempDir(), "scene.flac")
		if _, err := Write(t.Context(), path, o, nil); err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".flac", ".tsv", ".json"} {
			b, err := os.ReadFile(strings.TrimSuffix(path, ".flac") + ext)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(b))
		}
		return out
	}
	a, b := files(o), files(o)
	if !slices.Equal(a, b) {
		t.Error("the same seed gave other bytes")
	}
	o.Seed = 2
	for i, c := range files(o) {
		if c == a[i] {
			t.Errorf("file %d: another seed gave the same bytes", i)
		}
	}
}

// The level over the background is the one drawn, where nothing else changes it.
func TestSNR(t *testing.T) {
	o := options(t)
	for i := range o.Background {
		tone(t, o.Background[i], 120, 20, 0.01)
	}
	o.SNR, o.PerHour, o.Minutes = [2]float64{6, 6}, 120, 0.5
	m, err := newMixer(o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.bed.close()
	if err := m.place(0); err != nil {
		t.Fatal(err)
	}
	e := m.events[0]
	from, to := int(math.Round(e.Onset*Rate)), int(math.Round(e.Offset*Rate))
	got := 10 * math.Log10(energy(m.sounds[from:to])/energy(m.ground[from:to]))
	if e.SNR != 6 || math.Abs(got-6) > 0.01 {
		t.Errorf("%.3f dB, told as %g, want 6", got, e.SNR)
	}
}

// An event that would clip is made softer, and its truth says so.
func TestPeak(t *testing.T) {
	o := options(t)
	o.SNR, o.Level = [2]float64{60, 60}, -10
	truth, sound, _ := write(t, "scene.wav", o)
	for _, e := range truth.Events {
		if e.SNR > 30 {
			t.Errorf("%+v: no room for that level", e)
		}
	}
	if p := peak(sound); p < 0.5 {
		t.Errorf("peak %g", p)
	}
}

func TestWithoutBackground(t *testing.T) {
	o := options(t)
	o.Background, o.PerHour, o.Clips = nil, 0, nil
	truth, sound, _ := write(t, "scene.flac", o)
	if got := 10 * math.Log10(energy(sound)/float64(len(sound))); math.Abs(got-o.Level) > 1 || len(truth.Events) != 0 {
		t.Errorf("hush at %.1f dBFS, want %g; %d events", got, o.Level, len(truth.Events))
	}
}

func TestWriteRefuses(t *testing.T) {
	base := options(t)
	for want, change := range map[string]func(*Options){
		"a scene of 0 minutes":    func(o *Options) { o.Minutes = 0 },
		"a scene of NaN minutes":  func(o *Options) { o.Minutes = math.NaN() },
		"-1 events an hour":       func(o *Options) { o.PerHour = -1 },
		"no clips":                func(o *Options) { o.Clips = nil },
		"SNR from 5 to -5 dB":     func(o *Options) { o.SNR = [2]float64{5, -5} },
		"background at 0 dBFS":    func(o *Options) { o.Level = 0 },
		`band "mp3": there is no`: func(o *Options) { o.Band = "mp3" },
		`band "100": want a`:      func(o *Options) { o.Band = "100" },
		"events: want at most":    func(o *Options) { o.PerHour, o.Minutes = 3600, 1440 },
		"no such file":            func(o *Options) { o.Background = []string{"/none.wav"} },
		"clip of a":               func(o *Options) { o.Clips = []dataset.Clip{{Path: "/none.wav"}} },
		"nothing but silence": func(o *Options) {
			o.Clips = []dataset.Clip{{Path: tone(t, filepath.Join(t.TempDir(), "s.wav"), 100, 1, 0)}}
		},
	} {
		o := base
		change(&o)
		dir := t.TempDir()
		_, err := Write(t.Context(), filepath.Join(dir, "x.flac"), o, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: left over: %v, %v", want, left, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Write(ctx, filepath.Join(t.TempDir(), "x.flac"), base, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestConvolve(t *testing.T) {
	x, h := []float32{1, 2, 3}, []float32{1, 0, -1, 0.5}
	want := []float32{1, 2, 2, -1.5, -2, 1.5}
	for i, v := range convolve(x, h) {
		if math.Abs(float64(v-want[i])) > 1e-6 {
			t.Errorf("sample %d: %g, want %g", i, v, want[i])
		}
	}
}

// A room's tail has the energy asked for, and decays by 60 dB in its time.
func TestRoom(t *testing.T) {
	h := room(0.5, 3, newBed(nil, 0, 1).rng)
	if got := -10 * math.Log10(energy(h[1:])); math.Abs(got-3) > 0.01 || h[0] != 1 {
		t.Errorf("direct over tail %.2f dB, want 3; direct %g", got, h[0])
	}
	const part = Rate / 20
	first, last := energy(h[part:2*part]), energy(h[len(h)-part:])
	if fall := 10 * math.Log10(first/last); fall < 40 || fall > 65 {
		t.Errorf("from 50 ms to the end it falls by %.1f dB", fall)
	}
}

// level is what a channel leaves of a tone, dB.
func level(t *testing.T, band string, hz float64) float64 {
	t.Helper()
	c, err := newChannel(band)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, Rate)
	for i := range x {
		x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/Rate))
	}
	var y []float32
	for part := range slices.Chunk(x, 1000) {
		y = append(y, c.process(part)...)
	}
	return 10 * math.Log10(energy(y[Rate/4:Rate*3/4])/energy(x[Rate/4:Rate*3/4]))
}

func TestBands(t *testing.T) {
	for _, c := range []struct {
		band      string
		hz        float64
		low, high float64 // dB
	}{
		{"", 15000, -0.1, 0.1}, {"16000", 5000, -0.5, 0.5}, {"16000", 10000, math.Inf(-1), -40}, {"8000", 3000, -0.5, 0.5}, {"8000", 5000, math.Inf(-1), -40},
		{Telephone, 1000, -0.6, 0.6}, {Telephone, 100, math.Inf(-1), -30}, {Telephone, 300, -7, -5}, {Telephone, 5000, math.Inf(-1), -40},
	} {
		if got := level(t, c.band, c.hz); got < c.low || got > c.high {
			t.Errorf("band %q leaves %.1f dB of %g Hz, want %g to %g", c.band, got, c.hz, c.low, c.high)
		}
	}
}

// G.711 keeps a sound 30-odd dB over its rounding, loud or soft.
func TestMuLaw(t *testing.T) {
	for _, level := range []float64{0.9, 0.1, 0.02} {
		signal, noise := 0.0, 0.0
		for i := range 10000 {
			x := level * math.Sin(float64(i)*0.37)
			d := muLaw(x) - x
			signal, noise = signal+x*x, noise+d*d
		}
		if snr := 10 * math.Log10(signal/noise); snr < 28 || snr > 45 {
			t.Errorf("at %g: %.1f dB over the rounding", level, snr)
		}
	}
	if muLaw(0) != 0 || muLaw(2) != 1 || muLaw(-1) != -1 {
		t.Error("0, full scale and beyond")
	}
}

func TestDeck(t *testing.T) {
	o := options(t)
	names := func() (out []string) {
		d := newDeck(o.Clips, 3, 5) // a label without clips is passed over
		for range 8 {
			out = append(out, d.draw().Name)
		}
		return out
	}
	a := names()
	if !reflect.DeepEqual(a, names()) {
		t.Error("not the same twice")
	}
	for _, half := range [][]string{a[:4], a[4:]} {
		sorted := slices.Sorted(slices.Values(half))
		if !slices.Equal(sorted, []string{"0.wav", "1.wav", "2.wav", "3.wav"}) {
			t.Errorf("%v: want every clip once", half)
		}
	}
}
