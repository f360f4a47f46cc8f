package job

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/background"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/head"
	"earshot/train/modelfile"
	"earshot/train/opinion"
	"earshot/train/opinion/tune"
	"earshot/train/scene"
	"earshot/train/scoring"
	"earshot/train/takes"
	"earshot/verify"
)

// Home is what matters of taught labels at home.
type Home struct {
	Labels []HomeLabel
	Rooms  float64 // minutes of noise like the recordings' own that were played
	Noise  float64 // minutes of silence, noise and hum

	streams []quiet
	index   []int // Labels → the model's
}

// HomeLabel is one new label. Hearings are of recordings of which in their turn neither network was told: each as it is, and over noise.
type HomeLabel struct {
	Label                string
	Recordings, Hearings int
	Heard                int     // of the hearings, those that switch it on
	First, Second        int     // those that each network alone would name with half of its belief
	On                   float64 // threshold of the fused score
	RoomsOn, NoiseOn     float64 // minutes ON in Rooms and Noise

	peaks []float64 // highest smoothed fused score of each hearing
}

// lesson is how the network's head was taught, to teach it again without some of the recordings.
type lesson struct {
	*head.Taught
	arch  acrnn.Arch
	info  modelfile.Info
	fresh []string
}

// quiet is a stream of what is none of the labels.
type quiet struct {
	*tune.Stream
	room bool
}

// mostTurns bounds how often the heads are taught again: with ten recordings each is left out alone.
const mostTurns = 10

// quietMinutes are played: first the noise of rooms, at levels from 10 dB below the recordings' to 15 above, then more of others.
const quietMinutes = 16

// minutes are how many of rooms, and in all.
func (o SecondOptions) minutes() (rooms, all int) {
	all = quietMinutes
	if o.Quiet > 0 {
		all = o.Quiet
	}
	return (3*all + 4) / 8, all
}

// turns says for each recording when it is left out, −1 for never: recordings that were cut from one go together, and a label with a
// single one cannot do without it.
func (s *second) turns() (of []int, n int) {
	of = make([]int, len(s.learned))
	sources := map[string][]string{}
	for i, r := range s.learned {
		at := -1
		for k, source := range sources[r.label] {
			if source == r.source {
				at = k
			}
		}
		if at < 0 {
			at = len(sources[r.label])
			sources[r.label] = append(sources[r.label], r.source)
		}
		of[i] = at % mostTurns
		n = max(n, of[i]+1)
	}
	for i, r := range s.learned {
		if len(sources[r.label]) < 2 || r.take == nil {
			of[i] = -1
		}
	}
	return of, n
}

// atHome hears each new recording with heads that were not told of it, and other sound with those that were, and counts both.
func (s *second) atHome(ctx context.Context, m *infer.Model, scorer *scoring.Scorer, h *verify.Head, counter *tune.Counter, ui UI) (*Home, error) {
	rooms, all := s.minutes()
	home := &Home{Rooms: float64(rooms), Noise: float64(all - rooms)}
	for _, l := range s.taught.fresh {
		home.Labels = append(home.Labels, HomeLabel{Label: l})
		home.index = append(home.index, m.Index(l))
	}
	if err := s.leaveOut(ctx, home, counter, ui); err != nil {
		return nil, err
	}
	return home, s.others(ctx, home, m, scorer, h, counter, ui)
}

// leaveOut counts the hearings of recordings left out.
func (s *second) leaveOut(ctx context.Context, home *Home, counter *tune.Counter, ui UI) error {
	of, turns := s.turns()
	hearings, err := s.hearings(ctx, ui)
	if err != nil {
		return err
	}
	bar := ui.Bar("without each in turn")
	for turn := range turns {
		m, head, err := s.without(ctx, func(i int) bool { return of[i] == turn })
		if err != nil {
			return err
		}
		scorer, err := scoring.OfModel(m, s.threads)
		if err != nil {
			return err
		}
		for i, r := range s.learned {
			if of[i] != turn {
				continue
			}
			for _, h := range hearings[i] {
				stream, err := heard(ctx, scorer, head, h.clip, h.recording, h.phase)
				if err != nil {
					scorer.Close()
					return err
				}
				counter.HeldOut(stream, m.Index(r.label))
				home.hearing(r.label, stream, head, counter, m)
			}
			home.of(r.label).Recordings++
		}
		scorer.Close()
		bar(turn+1, turns, "turns")
	}
	return nil
}

// hearing is a recording as both networks hear it, from a phase in frames.
type hearing struct {
	clip      *features.Clip
	recording *opinion.Recording
	phase     int
}

// hearings are two of every recording: as it is, and over a synthetic background 0 to 20 dB below.
func (s *second) hearings(ctx context.Context, ui UI) ([][]hearing, error) {
	e := newElsewhere(s.seed+1, s.synthetic(bedSeconds))
	var as, over []opinion.Item
	changed := map[string]opinion.Item{}
	for _, r := range s.learned {
		it := e.item(recorded{path: r.path}, scene.Elsewhere[2], 0)
		as, over, changed[r.path] = append(as, opinion.Item{Path: r.path}), append(over, it), it
	}
	embedded, _, err := opinion.Load(ctx, append(as, over...), s.options(ui.Bar("second opinion: recordings in turn"), 0))
	if err != nil {
		return nil, err
	}
	out := make([][]hearing, len(s.learned))
	for k, variant := range []*features.Variant{nil, {Name: fmt.Sprintf("over a background, seed %d", s.seed+1),
		Apply: func(c dataset.Clip, x []float32) ([]float32, error) {
			return changed[c.Path].Change(x[:min(len(x), opinion.MostChanged)])
		}}} {
		clips, _, err := features.LoadContext(ctx, clipsOf(s.learned), features.Options{CacheDir: s.cache, Workers: s.workers(), Variant: variant})
		if err != nil {
			return nil, err
		}
		for i, c := range clips {
			if r := embedded[k*len(clips)+i]; c != nil && r != nil {
				out[i] = append(out[i], hearing{c, r, k * scoring.HeardHop / 2})
			}
		}
	}
	return out, nil
}

// without is a model and a head that were not told of some recordings.
func (s *second) without(ctx context.Context, left func(i int) bool) (*infer.Model, *verify.Head, error) {
	w, err := s.taught.LeaveOut(ctx, left)
	if err != nil {
		return nil, nil, err
	}
	b, err := modelfile.Export(s.taught.arch, w, s.taught.info)
	if err != nil {
		return nil, nil, err
	}
	m, err := infer.ParseModel("without some recordings", b)
	if err != nil {
		return nil, nil, err
	}
	var samples []opinion.Sample
	for k, sample := range s.samples {
		if !left(s.sampled[k]) {
			samples = append(samples, sample)
		}
	}
	l, err := s.fit(ctx, m.Labels, samples)
	if err != nil {
		return nil, nil, err
	}
	return m, l.Head, nil
}

// others plays what is none of the labels: speech and music, then quiet sound. The second network is asked only where the first believes to
// hear a new label, as in the daemon; for the labels that were there before nothing is counted.
func (s *second) others(ctx context.Context, home *Home, m *infer.Model, scorer *scoring.Scorer, h *verify.Head, counter *tune.Counter, ui UI) error {
	ear, err := opinion.NewEar(s.Embedder)
	if err != nil {
		return err
	}
	defer ear.Close()
	front := features.NewFrontEnd()
	play := func(x []float32) (*tune.Stream, error) {
		scores, ends, err := scorer.Heard(ctx, front.Clip(x), 0)
		if err != nil {
			return nil, err
		}
		stream := &tune.Stream{Ends: ends, Scores: scores, Samples: len(x)}
		if home.believed(scores, len(m.Labels)) {
			r, err := ear.Sound(ctx, x)
			if err != nil {
				return nil, err
			}
			stream.Hear(h, r)
		}
		counter.Negative(stream)
		return stream, nil
	}
	err = s.Negatives.each(ui.Bar("speech and music"), func(x []float32) error {
		_, err := play(x)
		return err
	})
	if err != nil {
		return err
	}
	bar := ui.Bar("quiet sound")
	rooms, all := s.minutes()
	for i := range all {
		x := s.minute(i)
		if x == nil {
			home.Rooms--
			continue
		}
		stream, err := play(x)
		if err != nil {
			return err
		}
		home.streams = append(home.streams, quiet{stream, i < rooms})
		bar(i+1, all, "minutes")
	}
	return nil
}

// minute is the i-th minute of quiet sound: of rooms first, nil where no recording has any; then of synthetic backgrounds.
func (s *second) minute(i int) []float32 {
	const seed = 0x40e
	rooms, _ := s.minutes()
	if i >= rooms {
		x, _ := background.Synth(i-rooms, 60*verify.SampleRate, s.seed^seed)
		return x
	}
	var floors []takes.Spectrum
	for _, r := range s.learned {
		if r.take != nil && r.take.Floor != nil {
			floors = append(floors, r.take.Floor)
		}
	}
	if len(floors) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(s.seed^seed, uint64(i)))
	return floors[i*len(floors)/rooms].Noise(60*verify.SampleRate, -10+25*float64(i)/float64(max(1, rooms-1)), rng)
}

// believed tells whether the first network's scores (windows, K) ask for a second opinion on a new label.
func (h *Home) believed(scores []float32, k int) bool {
	for w := 0; w < len(scores); w += k {
		for _, l := range h.index {
			if float64(scores[w+l]) >= verify.DefaultFusion.Candidate {
				return true
			}
		}
	}
	return false
}

func (h *Home) of(label string) *HomeLabel {
	for i := range h.Labels {
		if h.Labels[i].Label == label {
			return &h.Labels[i]
		}
	}
	panic("job: " + label + " was not taught")
}

// hearing notes what both networks made of a recording left out.
func (h *Home) hearing(label string, s *tune.Stream, head *verify.Head, counter *tune.Counter, m *infer.Model) {
	const half = 0.5
	l, k := h.of(label), len(m.Labels)
	l.Hearings++
	l.peaks = append(l.peaks, counter.Peak(s, m.Index(label)))
	first, second := float32(0), float32(0)
	for w := m.Index(label); w < len(s.Scores); w += k {
		first = max(first, s.Scores[w])
	}
	for p := head.Index(label); p < len(s.Second); p += head.Classes() {
		second = max(second, s.Second[p])
	}
	if first >= half {
		l.First++
	}
	if second >= half {
		l.Second++
	}
}

// judge applies the thresholds that were chosen.
func (h *Home) judge(counter *tune.Counter, head *verify.Head) {
	for i := range h.Labels {
		l := &h.Labels[i]
		l.On = head.Fusions[head.Index(l.Label)].On
		for _, p := range l.peaks {
			if p >= l.On {
				l.Heard++
			}
		}
		for _, q := range h.streams {
			minutes := float64(counter.On(q.Stream, h.index[i])) / verify.SampleRate / 60
			if q.room {
				l.RoomsOn += minutes
			} else {
				l.NoiseOn += minutes
			}
		}
	}
}

// tell prints what matters; nil tells nothing.
func (h *Home) tell(ui UI) {
	if h == nil {
		return
	}
	ui.Print("\nat home, each recording heard by networks that were not told of it:")
	ui.Print("%-20s %10s %8s %14s %15s %6s %17s %18s", "label", "recordings", "heard", "first network", "second opinion", "on at", "ON, rooms' noise", "ON, other noise")
	share := func(n, of int) string { return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(max(1, of))) }
	hour := func(on, of float64) string { return fmt.Sprintf("%.1f min/h", 60*on/max(1, of)) }
	var lines []string
	for _, l := range h.Labels {
		ui.Print("%-20s %10d %8s %14s %15s %6.2f %17s %18s", l.Label, l.Recordings, share(l.Heard, l.Hearings), share(l.First, l.Hearings), share(l.Second, l.Hearings), l.On,
			hour(l.RoomsOn, h.Rooms), hour(l.NoiseOn, h.Noise))
		lines = append(lines, fmt.Sprintf("    - {label: %s}", l.Label))
	}
	ui.Print("earshot run watches what was taught by itself (watch.new). In config.yaml it is, with a title, an icon and a threshold of your own where you like:\n  watch:\n    labels:\n%s", strings.Join(lines, "\n"))
}

// clipsOf are the files of recordings.
func clipsOf(all []recorded) []dataset.Clip {
	out := make([]dataset.Clip, len(all))
	for i, r := range all {
		out[i] = dataset.Clip{Path: r.path, Name: r.path}
	}
	return out
}
