package job

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"earshot/infer"
	"earshot/train/background"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/modelfile"
	"earshot/train/opinion"
	"earshot/train/scene"
	"earshot/verify"
)

// SecondOptions say how a model gets its second opinion. Without an embedder it gets none.
type SecondOptions struct {
	Embedder    *infer.EmbedderModel
	Background  []string // folders with what is none of the labels, to learn
	Tune        []string // folders with what is none of the labels, to find thresholds on; never learned
	None        Pieces   // learned as none of the labels that are taught at home
	Negatives   Pieces   // never learned: thresholds of labels that are taught at home are found on them
	FalseAlarms float64  // an hour, that each label may raise
	Least       float64  // no threshold is lower; 0: verify.LeastOn
	Twin        string   // without test folds: the model whose held-out clips say what recall thresholds leave
	Hold        time.Duration
	AsIs        bool // do not learn recordings as they would sound elsewhere too
	Quiet       int  // minutes of quiet sound that taught labels are tried on; 0: quietMinutes
	Synthetic   int  // clips of silence, noise and hum to learn as none of the labels; 0: syntheticNone
}

// Pieces are sound that holds none of the labels.
type Pieces struct {
	Name  string                      // for provenance
	Clips []dataset.Clip              // whom each is owed to
	All   iter.Seq2[[]float32, error] // mono at 44.1 kHz, each good until the next; as many as Clips
}

// each gives them to use.
func (p Pieces) each(bar func(done, total int, note string), use func(x []float32) error) error {
	if len(p.Clips) == 0 {
		return nil
	}
	done := 0
	for x, err := range p.All {
		if err == nil {
			err = use(x)
		}
		if err != nil {
			return err
		}
		done++
		bar(done, len(p.Clips), "pieces")
	}
	return nil
}

// named adds their name to others'.
func (p Pieces) named(others []string) []string {
	if len(p.Clips) > 0 {
		others = append(others, p.Name)
	}
	return others
}

// Defaults of SecondOptions, and what false alarms are worth against recall when thresholds are chosen: chosen on some
// hours of sound, judged on others (docs/results.md).
const (
	syntheticNone = 64
	wishedRecall  = 0.9
	eventPrice    = 0.008 // of a label's clips, for false alarms as often as wished: one in two and a half hours costs as much as a clip in ten
	wrongPrice    = 2.5   // of a label's clips, for another label's clip that switches it on, both as shares
	noneSeconds   = 5
	overMore      = 4 // more backgrounds that a take is heard over
)

// recorded is a recording of a label; of a take the sound alone is learned.
type recorded struct {
	path, label string
	take        *corpus.Take // nil: the whole recording is the sound
	source      string       // what it was cut from
}

// second is the making of one head.
type second struct {
	SecondOptions
	data        string // name
	train, test []int
	learned     []recorded
	held        []recorded
	cache       string
	threads     int
	seed        uint64
	build       string
	licence     *modelfile.Licence
	all         bool         // figures are about every label of the model, not the recordings' alone
	old         *verify.Head // of the model that this one goes on from; nil: none
	oldCurve    *verify.Curve

	taught  *lesson // where only heads were learned; nil: the network was trained
	samples []opinion.Sample
	sampled []int // samples → learned
	nothing []*opinion.Recording
	home    *Home
}

// made is a model with its second opinion.
type made struct {
	bytes  []byte
	head   *verify.Head
	figure *SecondFigures // nil without held-out clips
	home   *Home          // nil: the network was trained
}

// workers is how many ears there are.
func (s *second) workers() int {
	if s.threads > 0 {
		return min(s.threads, runtime.GOMAXPROCS(0))
	}
	return runtime.GOMAXPROCS(0)
}

func (s *second) options(bar func(int, int, string), limit int) opinion.Options {
	return opinion.Options{Embedder: s.Embedder, CacheDir: s.cache, Workers: s.workers(), Limit: limit,
		Progress: func(done, total int) { bar(done, total, "recordings") }}
}

// make learns the head for m, finds its thresholds, and writes both into m's file.
func (s *second) make(ctx context.Context, m *infer.Model, ui UI) (*made, error) {
	l, err := s.learn(ctx, m, ui)
	if err != nil {
		return nil, fmt.Errorf("second opinion: %w", err)
	}
	ui.Print("second opinion: %s", l)
	// What the file keeps is rounded: thresholds and figures are the rounded head's.
	text, err := l.Head.Marshal()
	if err != nil {
		return nil, err
	}
	if l.Head, err = verify.ParseHead(text, m.Labels); err != nil {
		return nil, err
	}
	out := &made{head: l.Head}
	curve, hours, err := s.tune(ctx, m, l, out, ui)
	if err != nil {
		return nil, fmt.Errorf("second opinion: %w", err)
	}
	from := modelfile.Verify{Embedder: s.name(), SHA256: s.Embedder.SHA256, Data: s.data, Train: s.train, Test: s.test,
		Background: bases(s.Background), Tune: bases(s.Tune), Hours: hours, PerHour: s.FalseAlarms, Patches: l.Patches, None: l.None,
		Sibling: s.Twin, Build: s.build, Date: time.Now().UTC().Format(time.DateOnly)}
	if s.old != nil {
		from.Taught = l.Labels
	}
	if s.taught != nil {
		from.Background, from.Tune = s.None.named(from.Background), append(s.Negatives.named(from.Tune), "quiet noise")
	}
	if out.figure != nil {
		from.Validation = out.figure.summary()
	}
	out.bytes, err = modelfile.WithVerify(m, l.Head, curve, from, s.licence)
	return out, err
}

// name is what heads call the second network.
func (s *second) name() string {
	if s.Embedder.Name != "" {
		return s.Embedder.Name
	}
	return filepath.Base(s.Embedder.Path)
}

func bases(dirs []string) []string {
	var out []string
	for _, d := range dirs {
		out = append(out, filepath.Base(filepath.Clean(d)))
	}
	return out
}

// learn hears everything and fits the head.
func (s *second) learn(ctx context.Context, m *infer.Model, ui UI) (*opinion.Learned, error) {
	sounds, err := folders(s.Background)
	if err != nil {
		return nil, err
	}
	samples, err := s.labelled(ctx, m.Background, sounds, ui)
	if err != nil {
		return nil, err
	}
	none, err := s.none(ctx, sounds, ui)
	if err != nil {
		return nil, err
	}
	s.samples, s.nothing = samples, none
	return s.fit(ctx, m.Labels, samples)
}

// fit learns a head from samples, beside the old one where there is one.
func (s *second) fit(ctx context.Context, labels []string, samples []opinion.Sample) (*opinion.Learned, error) {
	if s.old != nil {
		return opinion.Teach(ctx, s.old, samples, s.nothing, s.seed)
	}
	l, err := opinion.Learn(ctx, s.name(), labels, samples, s.nothing, s.seed)
	if err == nil {
		l.Head.Sounds = verify.SoundsOf(l.Head.Labels, s.Embedder.AudioSet)
		l.Head.Noise = verify.NoiseOf(s.Embedder.AudioSet)
	}
	return l, err
}

// labelled hears the recordings of labels, each also as it would sound elsewhere. A background label among them is none
// of the labels, but the folders say more.
func (s *second) labelled(ctx context.Context, background string, beds []opinion.Item, ui UI) ([]opinion.Sample, error) {
	ways := scene.Elsewhere
	if s.AsIs {
		ways = nil
	}
	if s.taught != nil { // few recordings: heard over many backgrounds each, so that none of these is part of the sound
		beds = slices.Concat(beds, s.synthetic(bedSeconds), rooms(s.learned))
		ways = slices.Concat(ways, slices.Repeat(ways[2:], overMore))
	}
	e := newElsewhere(s.seed, beds)
	var items []opinion.Item
	for _, r := range s.learned {
		items = append(items, r.item())
		for n, way := range ways {
			items = append(items, e.item(r, way, max(0, n-len(scene.Elsewhere)+1)))
		}
	}
	heard, broken, err := opinion.Load(ctx, items, s.options(ui.Bar("second opinion: labels"), 0))
	if err != nil {
		return nil, err
	}
	tell(broken, ui)
	var samples []opinion.Sample
	for i, r := range heard {
		original := heard[i-i%(1+len(ways))]
		label := s.learned[i/(1+len(ways))].label
		if r == nil || original == nil || label == background {
			continue
		}
		if r != original {
			r.SilentAs(original) // where the label is silent, what is over it is no sound of it
		}
		samples = append(samples, opinion.Sample{Recording: r, Label: label})
		s.sampled = append(s.sampled, i/(1+len(ways)))
	}
	return samples, nil
}

// none hears what is none of the labels: the folders' recordings, each only so far as it can be drawn from and every second
// one also as 8 kHz sound, so that no label is known by its band, silence, noise and hum, and for labels taught at home speech and music.
func (s *second) none(ctx context.Context, sounds []opinion.Item, ui UI) ([]*opinion.Recording, error) {
	items := append(s.synthetic(noneSeconds), rooms(s.learned)...)
	e := newElsewhere(s.seed, nil)
	for i, it := range sounds {
		items = append(items, it)
		if !s.AsIs && i%2 == 0 {
			items = append(items, e.item(recorded{path: it.Path}, scene.Elsewhere[0], 0))
		}
	}
	heard, broken, err := opinion.Load(ctx, items, s.options(ui.Bar("second opinion: none of the labels"), limit(opinion.MostNone, len(sounds))))
	tell(broken, ui)
	heard = slices.DeleteFunc(heard, func(r *opinion.Recording) bool { return r == nil })
	if err != nil || s.taught == nil {
		return heard, err
	}
	ear, err := opinion.NewEar(s.Embedder)
	if err != nil {
		return nil, err
	}
	defer ear.Close()
	err = s.None.each(ui.Bar("second opinion: speech and music"), func(x []float32) error {
		r, err := ear.Sound(ctx, x)
		heard = append(heard, r)
		return err
	})
	return heard, err
}

// synthetic is silence, noise and hum.
func (s *second) synthetic(seconds int) (items []opinion.Item) {
	n := s.Synthetic
	if n == 0 {
		n = syntheticNone
	}
	for i := range n {
		items = append(items, opinion.Item{Name: fmt.Sprintf("background %d of seed %d, %d s", i, s.seed, seconds), Make: func() []float32 {
			x, _ := background.Synth(i, seconds*verify.SampleRate, s.seed)
			return x
		}})
	}
	return items
}

// limit is how many samples of each of some recordings must be heard to draw patches from them: a power of two of
// seconds, so that the cache serves the next time too.
func limit(patches, recordings int) int {
	if recordings == 0 {
		return 0
	}
	const least = 10
	seconds, want := least, patches*verify.PatchHop/verify.SampleRate/recordings
	for seconds < want {
		seconds *= 2
	}
	return seconds * verify.SampleRate
}

// folders are all sound files below some folders.
func folders(dirs []string) ([]opinion.Item, error) {
	var items []opinion.Item
	for _, dir := range dirs {
		clips, err := background.Files(dir)
		if err != nil {
			return nil, err
		}
		for _, c := range clips {
			items = append(items, opinion.Item{Path: c.Path})
		}
	}
	return items, nil
}

// recordings pairs clips with the ids of their labels.
func recordings(clips []dataset.Clip, label func(i int) string) []recorded {
	out := make([]recorded, len(clips))
	for i, c := range clips {
		out[i] = recorded{path: c.Path, label: label(i), source: c.Source}
	}
	return out
}
