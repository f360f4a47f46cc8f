package opinion

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/infer"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/testruntime"
	"earshot/verify"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}

func tiny(t *testing.T) *infer.EmbedderModel {
	t.Helper()
	m, err := infer.ParseEmbedder("tiny", testmodel.NewEmbedder("Speech", "Music").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func noise(seed uint64, n int, level float64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(level * rng.NormFloat64())
	}
	return x
}

// What is heard of a recording, piece by piece, is what a Verifier gives that has it whole.
func TestEarHearsTheGridsPatches(t *testing.T) {
	e, err := NewEar(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	x := noise(1, 5*verify.SampleRate, 0.1)
	r, err := e.Sound(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	s := verify.NewSound()
	s.Write(0, append(x, make([]float32, verify.SampleRate)...), false)
	v := verify.New(s, e.embedder.Embed, e.embedder.Sounds)
	patches, _, err := v.Patches(int64(5*verify.SampleRate), 4*verify.SampleRate)
	if err != nil || len(patches) < 5 {
		t.Fatalf("%d patches, %v", len(patches), err)
	}
	for _, p := range patches {
		got := r.Patch(int(p.At / verify.PatchHop))
		for k, want := range p.Embedding {
			if d := math.Abs(float64(got[k] - want)); d > 1e-3*math.Abs(float64(want))+1e-6 {
				t.Fatalf("patch at %d, value %d: %g, want %g to float16", p.At, k, got[k], want)
			}
		}
	}
	// Ten patches of 5 s: the tenth starts at 4.32 s, and half of it, 0.48 s, is sound.
	if r.Patches() != 10 || r.Samples != len(x) || r.Cut {
		t.Errorf("%d patches of %d samples, cut %v", r.Patches(), r.Samples, r.Cut)
	}
}

func TestShortAndSilentSounds(t *testing.T) {
	e, err := NewEar(tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	short, err := e.Sound(context.Background(), noise(1, 2000, 0.1))
	if err != nil || short.Patches() != 1 || short.Silent[0] {
		t.Errorf("45 ms: %+v, %v; want one patch that sounds", short, err)
	}
	x := noise(2, 4*verify.SampleRate, 0.1)
	clear(x[2*verify.SampleRate:])
	r, err := e.Sound(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Sounding(); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("patches %v sound, want those that begin in the first 2 s", got)
	}
	quiet, err := e.Sound(context.Background(), make([]float32, 2*verify.SampleRate))
	if err != nil || len(quiet.Sounding()) != quiet.Patches() {
		t.Errorf("nothing but silence: %v, want all patches", quiet.Sounding())
	}
	if _, err := e.Sound(context.Background(), nil); err == nil {
		t.Error("no sample at all is a recording")
	}
}

// The cache gives what was heard, whole or as far as it is wanted; damage is a miss.
func TestCache(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.wav")
	if err := audio.WriteWAV16(path, noise(3, 12*verify.SampleRate, 0.1), verify.SampleRate); err != nil {
		t.Fatal(err)
	}
	o := Options{Embedder: tiny(t), CacheDir: filepath.Join(dir, "cache"), Workers: 2}
	load := func(limit int) *Recording {
		t.Helper()
		o.Limit = limit
		r, broken, err := Load(context.Background(), Files([]string{path}), o)
		if err != nil || len(broken) > 0 {
			t.Fatal(err, broken)
		}
		return r[0]
	}
	cut := load(5 * verify.SampleRate)
	if !cut.Cut || cut.Samples != 5*verify.SampleRate || cut.Patches() != 9 {
		t.Errorf("5 s of 12: %d samples, %d patches, cut %v", cut.Samples, cut.Patches(), cut.Cut)
	}
	whole := load(0)
	if whole.Cut || whole.Patches() != 25 {
		t.Errorf("all of it: %d patches, cut %v", whole.Patches(), whole.Cut)
	}
	again := load(5 * verify.SampleRate) // from the whole one in the cache
	if !slices.Equal(again.Embedding, cut.Embedding) || len(again.AudioSet) == 0 || !slices.Equal(again.AudioSet, cut.AudioSet) || !slices.Equal(again.Silent, cut.Silent) {
		t.Error("a part from the cache is not that part heard")
	}
	if !slices.Equal(load(0).Embedding, whole.Embedding) {
		t.Error("the cache gives other embeddings than the network")
	}
	files, _ := filepath.Glob(filepath.Join(o.CacheDir, "*", "*.patches"))
	if len(files) != 1 {
		t.Fatalf("cache files %v", files)
	}
	b, _ := os.ReadFile(files[0])
	b[len(b)/2] ^= 1
	if err := os.WriteFile(files[0], b, 0o644); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(load(0).Embedding, whole.Embedding) {
		t.Error("a damaged cache file is taken for good")
	}
}

func TestEachTellsWhatFails(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.wav"), filepath.Join(dir, "bad.wav")
	if err := audio.WriteWAV16(good, noise(3, verify.SampleRate, 0.1), verify.SampleRate); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte("no sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Embedder: tiny(t), Workers: 2}
	r, broken, err := Load(context.Background(), Files([]string{bad, good}), o)
	if err != nil || len(broken) != 1 || broken[0].Path != bad || r[0] != nil || r[1] == nil {
		t.Errorf("%v, %v, %v", r, broken, err)
	}
	if _, _, err := Load(context.Background(), Files([]string{bad}), o); err == nil {
		t.Error("nothing could be heard, and that is no error")
	}
	mine := errors.New("mine")
	if _, err := Each(context.Background(), Files([]string{good}), o, func(int, *Recording) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("%v, want the user's error", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Each(ctx, Files([]string{good}), o, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
}

// cloud is a recording of patches around a centre of its own.
func cloud(seed, centre uint64, patches int) *Recording {
	at, rng := rand.New(rand.NewPCG(centre, 2)), rand.New(rand.NewPCG(seed, 3))
	middle := make([]float64, verify.EmbeddingLen)
	for i := range middle {
		middle[i] = math.Abs(at.NormFloat64())
	}
	r := &Recording{Samples: patches * verify.PatchHop, Silent: make([]bool, patches)}
	for range patches {
		for _, m := range middle {
			r.Embedding = append(r.Embedding, float32(m+0.5*rng.NormFloat64()))
		}
	}
	return r
}

func clouds(label string, centre uint64, n int) []Sample {
	var out []Sample
	for i := range n {
		out = append(out, Sample{cloud(centre*100+uint64(i), centre, 6), label})
	}
	return out
}

// named is the class that the head gives a recording.
func named(h *verify.Head, r *Recording) string {
	p := Mean(h, r)
	best := 0
	for c, v := range p {
		if v > p[best] {
			best = c
		}
	}
	if best == len(h.Labels) {
		return "none"
	}
	return h.Labels[best]
}

func TestLearnThenTeach(t *testing.T) {
	ctx := context.Background()
	none := []*Recording{cloud(900, 9, 200), cloud(901, 10, 5)}
	l, err := Learn(ctx, "tiny", []string{"cat", "unheard", "dog"}, slices.Concat(clouds("dog", 1, 4), clouds("cat", 2, 4)), none, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(l.Head.Labels, []string{"cat", "dog"}) || l.Patches != 48 || l.None != 205 {
		t.Errorf("learned %v from %d and %d patches; want cat, dog from 48 and 205", l.Head.Labels, l.Patches, l.None)
	}
	for want, centre := range map[string]uint64{"dog": 1, "cat": 2, "none": 9} {
		if got := named(l.Head, cloud(7, centre, 3)); got != want {
			t.Errorf("%s is named %s", want, got)
		}
	}
	if got := named(l.Head, cloud(7, 10, 3)); got != "none" {
		t.Errorf("a short recording of none of the labels drowned: %s", got)
	}
	l.Head.Noise = []int{0}
	taught, err := Teach(ctx, l.Head, clouds("bell", 3, 4), none, 1)
	if err != nil {
		t.Fatal(err)
	}
	h, n := taught.Head, verify.EmbeddingLen
	if !slices.Equal(h.Labels, []string{"cat", "dog", "bell"}) || len(h.Fusions) != 3 || !slices.Equal(h.Noise, l.Head.Noise) {
		t.Fatalf("taught %v, noise %v", h.Labels, h.Noise)
	}
	if !slices.Equal(h.Weights[:2*n], l.Head.Weights[:2*n]) || !slices.Equal(h.Weights[3*n:], l.Head.Weights[2*n:]) {
		t.Error("rows of the old labels changed")
	}
	for want, centre := range map[string]uint64{"dog": 1, "cat": 2, "none": 9, "bell": 3} {
		if got := named(h, cloud(7, centre, 3)); got != want {
			t.Errorf("after teaching bell, %s is named %s", want, got)
		}
	}
	if _, err := Teach(ctx, h, clouds("bell", 3, 1), none, 1); err == nil {
		t.Error("a label that it knows can be taught as a new one")
	}
	if _, err := Learn(ctx, "tiny", []string{"dog"}, clouds("dog", 1, 1), nil, 1); !errors.Is(err, errNoNone) {
		t.Errorf("without anything that is none: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Learn(ended, "tiny", []string{"dog"}, clouds("dog", 1, 2), none, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
}

func TestShare(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		most  int
		want  int
	}{
		{[]int{10, 10, 10}, 15, 5}, {[]int{2, 100, 100}, 42, 20}, {[]int{1, 2, 3}, 100, 100}, {[]int{5, 5}, 1, 1}, {nil, 4, 4},
	} {
		got := share(c.sizes, c.most)
		sum := 0
		for _, n := range c.sizes {
			sum += min(n, got)
		}
		if got != c.want || sum > max(c.most, len(c.sizes)) {
			t.Errorf("%v, at most %d: quota %d (%d in all), want %d", c.sizes, c.most, got, sum, c.want)
		}
	}
}
