package opinion

import (
	"fmt"
	"time"

	"earshot/infer/smooth"
	"earshot/verify"
)

// Views are what each network said of a label. The zero Views: the second one was not asked, or did not answer.
type Views struct {
	Asked         bool
	First, Second float64 // probabilities; 0 unless Asked
}

// Opinion is one source's. Hear is the listener's and Stats anybody's; all else belongs to the reporter.
type Opinion struct {
	net      Network
	cfg      Config
	failed   func(error)
	sound    *verify.Sound
	verifier *verify.Verifier
	mean     []float32 // (classes of the head)
	noise    []float32 // likewise
	scratch  []float32 // likewise
	newest   []heard   // (K + groups) of the newest window
	tops     []top     // (K + groups)
	counts   counts
}

// heard is one label's part of a window.
type heard struct {
	score float32 // as it goes to the smoothing
	views Views
}

// top is the strongest window of an event.
type top struct {
	on bool
	heard
}

// New makes one for a source; failed, which may be nil, is told in the reporter why there was no answer.
func New(n Network, c Config, failed func(error)) *Opinion {
	sound := verify.NewSound()
	o := &Opinion{
		net: n, failed: failed, sound: sound,
		verifier: verify.New(sound, n.Embed, n.Sounds),
		mean:     make([]float32, n.Head.Classes()),
		noise:    make([]float32, n.Head.Classes()),
		scratch:  make([]float32, n.Head.Classes()),
	}
	o.SetConfig(c)
	return o
}

// SetConfig changes what is asked. Nothing may be on.
func (o *Opinion) SetConfig(c Config) {
	o.cfg = c
	all := len(c.Labels) + len(c.Groups)
	o.newest, o.tops = make([]heard, all), make([]top, all)
}

// Hear takes the source's samples, the first at absolute index at; gap: they do not continue what was before.
func (o *Opinion) Hear(at int64, x []float32, gap bool) { o.sound.Write(at, x, gap) }

// Revise replaces scores (K) of the window that ends before sample end; its sound has been heard.
func (o *Opinion) Revise(end int64, scores []float32) {
	if len(scores) != len(o.cfg.Labels) {
		panic(fmt.Sprintf("opinion: %d scores for %d labels", len(scores), len(o.cfg.Labels)))
	}
	for i, p := range scores {
		o.newest[i] = heard{score: p}
	}
	o.counts.windows.Add(1)
	if o.wanted(scores) {
		began := time.Now()
		answered := o.ask(end)
		o.counts.took(time.Since(began))
		o.fuse(scores, answered)
	}
	o.gather()
}

// wanted tells whether any score is worth a question.
func (o *Opinion) wanted(scores []float32) bool {
	for i, p := range scores {
		if o.cfg.Labels[i].asks(p) {
			return true
		}
	}
	return false
}

// ask fills mean and noise from the window's patches; false when there are none.
func (o *Opinion) ask(end int64) bool {
	patches, missing, err := o.verifier.Patches(end, verify.WindowSpan)
	if err == nil && len(patches) == 0 {
		err = fmt.Errorf("second opinion on the window that ends at sample %d: its sound is gone, %d patches are missing", end, missing)
	}
	o.counts.asked(o.verifier.Stats(), err)
	if err != nil {
		if o.failed != nil {
			o.failed(err)
		}
		return false
	}
	o.net.Head.Mean(o.mean, o.scratch, patches)
	o.net.Head.MeanNoise(o.noise, o.scratch, patches)
	return true
}

// fuse replaces the scores that both networks have a say in.
func (o *Opinion) fuse(scores []float32, answered bool) {
	for i, p := range scores {
		l := &o.cfg.Labels[i]
		switch {
		case !l.fuses(p):
			continue
		case answered:
			v := Views{true, float64(p), float64(o.mean[l.Class])}
			scores[i] = float32(o.net.Head.Fusions[l.Class].Fuse(v.First, v.Second, float64(o.noise[l.Class])))
			o.newest[i].views = v
		default:
			scores[i] = l.alone(p)
		}
		o.newest[i].score = scores[i]
	}
}

// gather completes the newest window by its groups, which are as their strongest member, and keeps the strongest
// window of what is on.
func (o *Opinion) gather() {
	for g, members := range o.cfg.Groups {
		strongest := o.newest[members[0]]
		for _, m := range members[1:] {
			if o.newest[m].score > strongest.score {
				strongest = o.newest[m]
			}
		}
		o.newest[len(o.cfg.Labels)+g] = strongest
	}
	for i := range o.tops {
		if t := &o.tops[i]; t.on && o.newest[i].score > t.score {
			t.heard = o.newest[i]
		}
	}
}

// Newest is what each network said of a label or group in the newest window.
func (o *Opinion) Newest(label int) Views { return o.newest[label].views }

// Of is what each network said of an event just made: at its ON in the window that switched it, at its OFF in the
// strongest window since.
func (o *Opinion) Of(e smooth.Event) Views {
	t := &o.tops[e.Label]
	if t.on = e.On; e.On {
		t.heard = o.newest[e.Label]
	}
	return t.views
}
