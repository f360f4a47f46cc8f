// Package corpus gathers what a training learns from and what it is tested on:
// clips of the folds asked for with their features, and background.
package corpus

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"earshot/train"
	"earshot/train/augment"
	"earshot/train/background"
	"earshot/train/dataset"
	"earshot/train/features"
)

// Source says which recordings to learn from.
type Source struct {
	Set        dataset.Options
	Train      []int    // folds
	Test       []int    // folds; may be empty
	TestFull   bool     // test on every licence, whatever the filter of Set
	Known      []string // labels of the model that is taught: recordings of others are cut to their sound alone; nil: none is
	Background bool     // learn the background label
	Quiet      int      // synthetic background clips; 0 means QuietClips
	QuietDirs  []string // folders of the user's own room
	CacheDir   string
	Workers    int
	Seed       uint64
	Copies     int                   // stretched or pitch-shifted copies of every training clip (the paper's augmentation)
	Shuffle    bool                  // permute the training labels: a check that nothing leaks
	Progress   func(done, total int) // of the features; may be nil
}

// QuietClips is how many synthetic background clips a training has at hand.
const QuietClips = 240

// Prepared is training data with where it came from.
type Prepared struct {
	train.Data
	Set     *dataset.Set
	Learned []dataset.Clip // parallel to Data.Train
	Held    []dataset.Clip // parallel to Data.Test
	LeftOut int            // clips whose recording also has a clip in the test folds
	Broken  []dataset.Broken
	Takes   []Take            // recordings to learn from that were cut to their sound alone
	noted   int               // flaws of clips that are used all the same
	Names   map[string]string // display names by label id, background included
	figures map[string]bool   // the labels that the data has: what figures are about
}

// Prepare finds the clips, computes or reads their features, and makes the background.
func Prepare(ctx context.Context, s Source) (*Prepared, error) {
	if s.Workers == 0 {
		s.Workers = runtime.NumCPU()
	}
	set, err := dataset.Load(s.Set)
	if err != nil {
		return nil, err
	}
	learned, held, leftOut, err := s.Split(set)
	if err != nil {
		return nil, err
	}
	p := of(set)
	p.LeftOut, p.Digest = leftOut, fmt.Sprint(set.Digest(), s.Train, s.Background)
	if p.Learned, p.Train, err = p.load(ctx, s, learned, false); err != nil {
		return nil, err
	}
	for n := range s.Copies {
		copies, broken, err := features.LoadContext(ctx, p.Learned, features.Options{CacheDir: s.CacheDir, Workers: s.Workers, Progress: s.Progress,
			Variant: augment.Variant(n, s.Seed, augment.Paper)})
		if err != nil {
			return nil, err
		}
		p.Broken = append(p.Broken, broken...)
		for i, c := range copies {
			if c != nil {
				p.Train = append(p.Train, train.Example{Clip: c, Label: p.Train[i].Label, Name: fmt.Sprint(p.Train[i].Name, " copy ", n+1)})
			}
		}
	}
	if len(held) > 0 {
		if p.Held, p.Test, err = p.load(ctx, s, held, true); err != nil {
			return nil, err
		}
	}
	if err := p.quiet(ctx, s); err != nil {
		return nil, err
	}
	if s.Shuffle {
		ShuffleLabels(p.Train, s.Seed)
	}
	return p, nil
}

// of is set's labels, without clips or background yet.
func of(set *dataset.Set) *Prepared {
	p := &Prepared{Set: set, Broken: set.Broken, Names: map[string]string{}, figures: map[string]bool{}}
	p.Labels, p.Background = slices.Clone(set.Labels), -1
	for i, id := range set.Labels {
		p.Names[id] = set.Names[i]
		p.figures[id] = id != dataset.BackgroundLabel
	}
	return p
}

// load reads clips' features: whole, or of new labels the sound alone.
func (p *Prepared) load(ctx context.Context, s Source, clips []dataset.Clip, whole bool) ([]dataset.Clip, []train.Example, error) {
	if len(clips) == 0 {
		return nil, nil, fmt.Errorf("folds %v hold no clips; there are folds %v", s.Train, p.Set.FoldNumbers())
	}
	loaded, err := p.features(ctx, s, clips, whole)
	if err != nil {
		return nil, nil, err
	}
	var kept []dataset.Clip
	var examples []train.Example
	for i, c := range loaded {
		if c != nil {
			kept = append(kept, clips[i])
			p.note(clips[i], c.Notes)
			examples = append(examples, train.Example{Clip: c, Label: clips[i].Label, Name: clips[i].Name})
		}
	}
	return kept, examples, nil
}

// note passes on what is wrong with a clip that is used all the same.
func (p *Prepared) note(c dataset.Clip, notes []string) {
	for _, n := range notes {
		switch p.noted++; {
		case p.noted < maxNoted:
			p.Set.Warnings = append(p.Set.Warnings, fmt.Sprintf("%q: %s", c.Path, n))
		case p.noted == maxNoted:
			p.Set.Warnings = append(p.Set.Warnings, "more clips have flaws, which are not listed; earshot classify tells them")
		}
	}
}

// maxNoted bounds what is told of clips with flaws.
const maxNoted = 50

// quiet makes the background clips and, where it is learned, its label.
func (p *Prepared) quiet(ctx context.Context, s Source) error {
	if s.Quiet == 0 {
		s.Quiet = QuietClips
	}
	clips, broken, err := background.Load(ctx, background.Options{Clips: s.Quiet, Seed: s.Seed, Dirs: s.QuietDirs, CacheDir: s.CacheDir, Workers: s.Workers})
	if err != nil {
		return err
	}
	p.Broken = append(p.Broken, broken...)
	for _, c := range clips {
		p.Quiet = append(p.Quiet, c.Clip)
	}
	if !s.Background {
		return nil
	}
	p.Background = slices.Index(p.Labels, dataset.BackgroundLabel)
	if p.Background < 0 {
		p.Background = len(p.Labels)
		p.Labels = append(p.Labels, dataset.BackgroundLabel)
		p.Names[dataset.BackgroundLabel] = "Background"
	}
	return nil
}

// PrepareTest is Prepare for an evaluation: all clips of folds are held out,
// there is no background to learn.
func PrepareTest(ctx context.Context, set *dataset.Set, folds []int, s Source) (*Prepared, error) {
	if s.Workers == 0 {
		s.Workers = runtime.NumCPU()
	}
	p := of(set)
	s.Train = folds
	var err error
	p.Held, p.Test, err = p.load(ctx, s, set.Folds(folds...), true)
	return p, err
}

// CountAll makes figures be about every label but background, whether the data
// has clips of it or not: a new label is only learned when it wins over the old ones.
func (p *Prepared) CountAll() {
	for i, l := range p.Labels {
		p.figures[l] = i != p.Background
	}
}

// Kept marks the labels that figures are about: those of the data, without background.
func (p *Prepared) Kept() []bool {
	keep := make([]bool, len(p.Labels))
	for i, l := range p.Labels {
		keep[i] = p.figures[l]
	}
	return keep
}
