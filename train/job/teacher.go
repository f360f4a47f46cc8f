package job

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"earshot/infer"
	"earshot/train"
	"earshot/train/corpus"
	"earshot/train/opinion"
	"earshot/train/trainer"
	"earshot/verify"
)

// SecondTeacher is the second opinion's network as a teacher, beside model files.
const SecondTeacher = "second"

// taughtShare is how much of a soft label teachers give, all together; the rest is what the clip is labelled.
const taughtShare = 0.5

// teachers gives p's clips the soft labels that the second network's heads give, and returns what model files make of a batch's
// windows, nil where there are none. done frees what they took.
func (o Options) teachers(ctx context.Context, p *corpus.Prepared, ui UI) (t trainer.Teach, done func(), err error) {
	done = func() {}
	files := slices.DeleteFunc(slices.Clone(o.Teachers), func(t string) bool { return t == SecondTeacher })
	each := taughtShare / float32(len(o.Teachers))
	if len(files) < len(o.Teachers) {
		// The files' shares come off this one's later.
		if err := o.secondTeacher(ctx, p, each/(1-each*float32(len(files))), ui); err != nil {
			return nil, done, fmt.Errorf("teacher %q: %w", SecondTeacher, err)
		}
	}
	var networks []*networkTeacher
	done = func() {
		for _, n := range networks {
			n.session.Close()
		}
	}
	for _, f := range files {
		n, err := openTeacher(f, p.Labels)
		if err != nil {
			return nil, done, err
		}
		networks = append(networks, n)
	}
	if networks == nil {
		return nil, done, nil
	}
	return func(windows, labels []float32) error {
		return teach(networks, each, p.Background, windows, labels)
	}, done, nil
}

// teach blends what networks make of windows (N,2,128,128) into labels (N,K), each with the same share. What is background
// alone stays so: it is known to hold none of the labels.
func teach(networks []*networkTeacher, each float32, background int, windows, labels []float32) error {
	n := len(windows) / train.WindowLen
	k := len(labels) / n
	for i := range n {
		x, t := windows[i*train.WindowLen:(i+1)*train.WindowLen], labels[i*k:(i+1)*k]
		if background >= 0 && t[background] == 1 {
			continue
		}
		keep := 1 - each*float32(len(networks))
		for c := range t {
			t[c] *= keep
		}
		for _, network := range networks {
			if err := network.add(t, x, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// networkTeacher is a trained network that hears a batch's windows. Not safe for concurrent use.
type networkTeacher struct {
	name    string
	session *infer.Session
	scores  []float32 // (K of the teacher)
	steps   []float32
	index   []int // K → K of the teacher
}

// openTeacher loads a model file, which must know labels.
func openTeacher(path string, labels []string) (*networkTeacher, error) {
	m, err := infer.LoadModel(path)
	if err != nil {
		return nil, ModelError{err}
	}
	t := &networkTeacher{name: path, scores: make([]float32, len(m.Labels))}
	for _, l := range labels {
		i := slices.Index(m.Labels, l)
		if i < 0 {
			return nil, fmt.Errorf("teacher %q does not know the label %q; it must know all that are learned", path, l)
		}
		t.index = append(t.index, i)
	}
	if t.session, err = infer.NewSession(m, infer.Options{Provider: "cpu", Threads: 1, MaxBatch: 1}); err != nil {
		return nil, ModelError{err}
	}
	t.steps = make([]float32, t.session.Steps)
	return t, nil
}

// add adds share times the teacher's probabilities of window x to t (K), made to sum to 1 over the labels that are learned.
func (n *networkTeacher) add(t, x []float32, share float32) error {
	if err := n.session.RunInto(x, 1, n.scores, n.steps); err != nil {
		return fmt.Errorf("teacher %q: %w", n.name, err)
	}
	sum := float32(1e-9)
	for _, i := range n.index {
		sum += n.scores[i]
	}
	for c, i := range n.index {
		t[c] += share * n.scores[i] / sum
	}
	return nil
}

// secondTeacher gives each clip what a head makes of it that learned from the other folds alone.
func (o Options) secondTeacher(ctx context.Context, p *corpus.Prepared, share float32, ui UI) error {
	s := &second{SecondOptions: SecondOptions{Embedder: o.TeacherEmbedder, Background: o.Source.QuietDirs},
		learned: recordings(p.Learned, func(i int) string { return p.Labels[p.Train[i].Label] }),
		cache:   o.Source.CacheDir, threads: o.Graph.Threads, seed: o.Seed}
	sounds, err := folders(s.Background)
	if err != nil {
		return err
	}
	background := ""
	if p.Background >= 0 {
		background = p.Labels[p.Background]
	}
	if s.samples, err = s.labelled(ctx, background, sounds, ui); err != nil {
		return err
	}
	if s.nothing, err = s.none(ctx, sounds, ui); err != nil {
		return err
	}
	folds := map[int][]int{} // fold → samples
	for i, l := range s.sampled {
		f := p.Learned[l].Fold
		folds[f] = append(folds[f], i)
	}
	if len(folds) < 2 {
		return errors.New("all clips to learn from are in one fold; a head that did not learn a clip needs another fold")
	}
	right, clips := 0, 0
	for f := range folds {
		var others []opinion.Sample
		for i, l := range s.sampled {
			if p.Learned[l].Fold != f {
				others = append(others, s.samples[i])
			}
		}
		l, err := opinion.Learn(ctx, s.name(), p.Labels, others, s.nothing, o.Seed)
		if err != nil {
			return err
		}
		for n, i := range folds[f] {
			clip := s.sampled[i]
			if n > 0 && s.sampled[folds[f][n-1]] == clip { // the first of a clip is the recording itself, then it elsewhere
				continue
			}
			if slices.ContainsFunc(p.Takes, func(t corpus.Take) bool { return t.Clip.Path == p.Learned[clip].Path }) {
				continue // its features are of the sound alone, which lies elsewhere in them
			}
			e := &p.Train[clip]
			e.Soft = soften(l.Head, s.samples[i].Recording, p, float64(o.front().HopSamples), e.Label, share)
			mean := opinion.Mean(l.Head, s.samples[i].Recording)
			best := slices.Index(mean, slices.Max(mean))
			if clips++; best < len(l.Labels) && l.Labels[best] == p.Labels[e.Label] {
				right++
			}
		}
	}
	ui.Print("teacher %q: heads of %d folds name %.1f %% of %d clips that they did not learn", SecondTeacher, len(folds), 100*float64(right)/float64(max(1, clips)), clips)
	return nil
}

// soften is what a head makes of a recording, with share; what is left is label. hop is a frame's samples. Where the recording is silent, it is background.
func soften(h *verify.Head, r *opinion.Recording, p *corpus.Prepared, hop float64, label int, share float32) *train.Soft {
	s := &train.Soft{Hop: verify.PatchHop / hop, Span: 2 * verify.PatchHop / hop}
	said, index := make([]float32, h.Classes()), make([]int, h.Classes())
	for c, l := range h.Labels {
		index[c] = slices.Index(p.Labels, l)
	}
	if index[len(index)-1] = p.Background; p.Background < 0 { // what is none of the labels has nowhere else to go
		index[len(index)-1] = label
	}
	for i := range r.Patches() {
		row := make([]float32, len(p.Labels))
		row[label] = 1 - share
		h.Apply(said, r.Patch(i))
		if r.Silent[i] {
			clear(said)
			said[len(said)-1] = 1
		}
		for c, p := range said {
			row[index[c]] += share * p
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}
