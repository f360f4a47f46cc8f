package classify

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
	"earshot/train/features"
)

// classifier uses a model that names the half of the spectrum that is louder.
func classifier(t testing.TB, hop int) *Classifier {
	t.Helper()
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = gammatone.Default().Fingerprint()
	m, err := infer.ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := infer.NewSession(m, infer.Options{Provider: "cpu", MaxBatch: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return New(s, gammatone.Default(), hop)
}

const rate = 44100

// tone is a sine of some Hz over quiet noise.
func tone(hz, seconds float64) []float32 {
	random := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, int(seconds*rate))
	for i := range x {
		x[i] = float32(0.3*math.Sin(2*math.Pi*hz*float64(i)/rate) + 1e-3*random.NormFloat64())
	}
	return x
}

func wav(t testing.TB, x ...[]float32) string {
	t.Helper()
	var all []float32
	for _, part := range x {
		all = append(all, part...)
	}
	path := filepath.Join(t.TempDir(), "x.wav")
	if err := audio.WriteWAV16(path, all, rate); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFile(t *testing.T) {
	c := classifier(t, 16)
	silence := func(seconds float64) []float32 { return make([]float32, int(seconds*rate)) }
	window := c.cfg.WindowSamples()
	for _, k := range []struct {
		name           string
		path           string
		label          int
		windows, voted int
		padded, silent bool
	}{
		// 5 s are 429 frames: 0, 16, …, 288 start 19 windows, and one more ends with frame 429.
		{"low tone", wav(t, tone(200, 5)), 0, 20, 20, false, false},
		{"high tone", wav(t, tone(8000, 5)), 1, 20, 20, false, false},
		{"one window exactly", wav(t, tone(8000, 5)[:window]), 1, 1, 1, false, false},
		{"a frame more", wav(t, tone(8000, 5)[:window+512]), 1, 2, 2, false, false},
		{"a hop more", wav(t, tone(8000, 5)[:window+16*512]), 1, 2, 2, false, false},
		{"short", wav(t, tone(200, 0.5)), 0, 1, 1, true, false},
		{"shorter than a frame", wav(t, tone(8000, 0.01)), 1, 1, 1, true, false},
		{"a click in silence", wav(t, silence(2), tone(200, 0.05), silence(2)), 0, 15, 1, false, false},
		{"digital silence", wav(t, silence(5)), -1, 20, 1, false, true},
	} {
		clip, err := c.File(context.Background(), k.path)
		if err != nil {
			t.Errorf("%s: %v", k.name, err)
			continue
		}
		if len(clip.Windows) != k.windows || clip.Padded != k.padded || clip.Voted != k.voted || clip.Silent != k.silent {
			t.Errorf("%s: %d windows, %d voted, padded %v, silent %v", k.name, len(clip.Windows), clip.Voted, clip.Padded, clip.Silent)
		}
		if k.label >= 0 && Rank(clip.Mean, -1)[0] != k.label {
			t.Errorf("%s: %v", k.name, clip.Mean)
		}
		if sum := clip.Mean[0] + clip.Mean[1]; math.Abs(sum-1) > 1e-5 {
			t.Errorf("%s: mean probabilities sum to %g", k.name, sum)
		}
		last := clip.Windows[len(clip.Windows)-1]
		if frames := int64(c.cfg.Frames(int(clip.Samples))); !k.padded && last.End != (frames-1)*512+1024 {
			t.Errorf("%s: the last window ends at %d of %d", k.name, last.End, clip.Samples)
		}
	}
}

// Windows of digital silence have no vote: two seconds of tone in ten of zeros
// score as the tone alone does.
func TestSilenceHasNoVote(t *testing.T) {
	c := classifier(t, 16)
	x := tone(8000, 2)
	zeros := make([]float32, 4*rate)
	clip, err := c.File(context.Background(), wav(t, zeros, x, zeros))
	if err != nil {
		t.Fatal(err)
	}
	voted := 0
	for _, w := range clip.Windows {
		if w.Silent != (w.Scores == nil) {
			t.Errorf("window %d: silent %v, scores %v", w.At, w.Silent, w.Scores)
		}
		// A tenth of a window of sound is enough for a vote.
		sound := min(w.End, 6*rate) - max(w.At, 4*rate)
		if want := sound > 8000; want == w.Silent && (sound < 5000 || sound > 8000) {
			t.Errorf("window [%d, %d) with %d samples of sound: silent %v", w.At, w.End, sound, w.Silent)
		}
		if !w.Silent {
			voted++
			if w.Peak < w.At || w.Peak >= w.End {
				t.Errorf("peak %d outside [%d, %d)", w.Peak, w.At, w.End)
			}
		}
	}
	if voted != clip.Voted || voted < 15 || voted > 35 || clip.Mean[1] < .6 {
		t.Errorf("%d of %d windows voted, %v", clip.Voted, len(clip.Windows), clip.Mean)
	}
}

// The mean is the windows' mean, and a file gives the same twice, also after another one.
func TestMeanAndReuse(t *testing.T) {
	c := classifier(t, 64)
	a, b := wav(t, tone(300, 3), tone(6000, 3)), wav(t, tone(200, 1))
	first, err := c.File(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.File(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	again, err := c.File(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, w := range first.Windows {
		sum += float64(w.Scores[0])
	}
	if got := first.Mean[0]; math.Abs(got-sum/float64(len(first.Windows))) > 1e-12 || again.Mean[0] != got {
		t.Errorf("mean %g, again %g, of the windows %g", got, again.Mean[0], sum/float64(len(first.Windows)))
	}
	if p := first.Windows; p[0].Scores[0] < .6 || p[len(p)-1].Scores[0] > .4 {
		t.Errorf("first %v, last %v", p[0].Scores, p[len(p)-1].Scores)
	}
}

func TestFileErrors(t *testing.T) {
	c := classifier(t, 16)
	dir := t.TempDir()
	text := filepath.Join(dir, "text.wav")
	if err := os.WriteFile(text, []byte("this is not sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.wav")
	header := "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
	if err := os.WriteFile(empty, []byte(header), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		filepath.Join(dir, "none.wav"): os.ErrNotExist,
		text:                           audio.ErrNotAudio,
		empty:                          audio.ErrEmpty,
	} {
		if _, err := c.File(context.Background(), path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.File(ctx, wav(t, tone(200, 2))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// pieces gives x in pieces of any size.
type pieces struct {
	audio.MonoReader
	x      []float32
	random *rand.Rand
}

func (p *pieces) Read(dst []float32) (int, error) {
	if len(p.x) == 0 {
		return 0, io.EOF
	}
	n := copy(dst[:1+p.random.IntN(len(dst))], p.x)
	p.x = p.x[n:]
	return n, nil
}

// Any chunking gives the windows of the whole, to the end of the sound, and knows the silent ones.
func TestWindowsAgainstBatch(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	cfg := gammatone.Default()
	x := tone(700, 8)
	clear(x[3*rate : 5*rate])
	front := gammatone.NewFrontEnd(cfg)
	logs := front.BatchLog(x)
	var silent []bool
	for e := range slices.Chunk(front.BatchEnergies(x), cfg.Bands) {
		sum := 0.0
		for _, v := range e {
			sum += float64(v)
		}
		silent = append(silent, sum < features.SilenceEnergy)
	}
	for _, hop := range []int{1, 7, 16, 128} {
		c := classifier(t, hop)
		clip, err := c.sound(context.Background(), &pieces{x: x, random: random})
		if err != nil {
			t.Fatal(err)
		}
		next, last := 0, len(silent)-cfg.WindowFrames
		for _, w := range clip.Windows {
			if w.At != int64(next*cfg.HopSamples) || w.End-w.At != int64(cfg.WindowSamples()) {
				t.Fatalf("hop %d: window %d–%d, want one from %d on", hop, w.At, w.End, next*cfg.HopSamples)
			}
			count := 0
			for _, quiet := range silent[next:][:cfg.WindowFrames] {
				if quiet {
					count++
				}
			}
			if w.Silent != (count > 115) { // nine tenths of 128
				t.Errorf("hop %d: silent %v with %d silent frames", hop, w.Silent, count)
			}
			if !w.Silent && next%7 == 0 {
				window := make([]float32, infer.WindowLen)
				cfg.FillWindow(window, logs[next*cfg.Bands:])
				scores, _, err := c.session.Run(window, 1)
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range scores {
					if math.Abs(float64(p-w.Scores[i])) > 2e-5 { // rounding: one row and several take different kernels
						t.Fatalf("hop %d, window at frame %d: %v, of the whole %v", hop, next, w.Scores, scores)
					}
				}
			}
			if next == last {
				last = -1
			}
			next = min(next+hop, max(last, next))
		}
		if last != -1 {
			t.Errorf("hop %d: the last window does not end with the sound", hop)
		}
	}
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		scores     []float64
		background int
		want       []int
	}{
		{[]float64{.2, .5, .3}, -1, []int{1, 2, 0}},
		{[]float64{.2, .5, .3}, 1, []int{2, 0, 1}}, // half is not more than all others
		{[]float64{.2, .6, .2}, 1, []int{1, 0, 2}},
		{[]float64{.4, .4, .2}, 2, []int{0, 1, 2}},
		{[]float64{1}, 0, []int{0}},
	} {
		got := Rank(c.scores, c.background)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%v, background %d: %v, want %v", c.scores, c.background, got, c.want)
				break
			}
		}
	}
}

func TestPad(t *testing.T) {
	x := []float32{1, 2, 3}
	if got := Pad(x, 2); len(got) != 3 || &got[0] != &x[0] {
		t.Errorf("%v", got)
	}
	if got := Pad(x, 5); len(got) != 5 || got[0] != 1 || got[2] != 3 || got[3] != 1 || got[4] != 2 {
		t.Errorf("%v", got)
	}
}
