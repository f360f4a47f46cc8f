package main

import (
	"fmt"
	"slices"

	"earshot/internal/test/rig"
	"earshot/train/dataset"
)

// yamnet is what YAMNet makes of all the sound.
type yamnet struct {
	best    map[string][]float64 // by label: the best patch of each of its clips that thresholds are found on
	clips   []clip               // of the fold held out
	streams [][]scores           // by kind, of each recording
}

// clip is one clip's scores; label is "" where it is not watched.
type clip struct {
	label string
	scores
}

// listen lets YAMNet hear the clips and the streams.
func (r *scene) listen(set *dataset.Set) (y yamnet, err error) {
	y.best = map[string][]float64{}
	rig.Say("YAMNet hears the clips")
	for _, c := range set.Folds(1, 2, 3, heldOut) {
		label := set.Labels[c.Label]
		if mapped[label] == nil {
			label = ""
		}
		if c.Fold != heldOut && label == "" {
			continue
		}
		s, err := r.scoresOf(c.Path)
		if err != nil {
			return y, err
		}
		if c.Fold == heldOut {
			y.clips = append(y.clips, clip{label, s})
		} else {
			y.best[label] = append(y.best[label], slices.Max(s[label]))
		}
	}
	for label := range mapped {
		if len(y.best[label]) == 0 {
			return y, fmt.Errorf("no clip of %s in the folds before the %dth; want ESC-50", label, heldOut)
		}
	}
	for _, kind := range r.streams {
		rig.Say("YAMNet hears %s", kind.name)
		paths, err := recordings(kind.folders)
		if err != nil {
			return y, err
		}
		var all []scores
		for _, path := range paths {
			s, err := r.scoresOf(path)
			if err != nil {
				return y, err
			}
			all = append(all, s)
		}
		y.streams = append(y.streams, all)
	}
	return y, nil
}

// files is how many recordings each kind of stream has.
func (y yamnet) files() (n []int) {
	for _, s := range y.streams {
		n = append(n, len(s))
	}
	return n
}

// tell counts what thresholds make of it.
func (y yamnet) tell(who string, threshold func(label string) float64) tally {
	t := tally{who: who, heard: map[string]int{}, elsewhere: map[string]int{}}
	for label := range mapped {
		on := threshold(label)
		for _, c := range y.clips {
			n := switches(c.scores[label], on)
			switch {
			case c.label == "":
				t.elsewhere[label] += n
			case c.label == label && n > 0:
				t.heard[label]++
			}
		}
	}
	for _, recordings := range y.streams {
		f := map[string]int{}
		for label := range mapped {
			for _, s := range recordings {
				f[label] += switches(s[label], threshold(label))
			}
		}
		t.falseEvents = append(t.falseEvents, f)
	}
	return t
}

// rule gives each label's threshold; the larger x, 0…1, the lower it is.
type rule struct {
	who       func(x float64) string
	threshold func(x float64, label string) float64
}

// rules are the two that a script has: the same recall for each label, or the same threshold.
func (y yamnet) rules() []rule {
	return []rule{
		{func(x float64) string {
			return fmt.Sprintf("YAMNet, thresholds that %.0f %% of each label's clips of folds 1–%d reach", 100*x, heldOut-1)
		}, func(x float64, label string) float64 { return thresholdFor(y.best[label], x) }},
		{func(x float64) string { return fmt.Sprintf("YAMNet, %.2f for every label", 1-x) }, func(x float64, _ string) float64 { return 1 - x }},
	}
}

// at takes a rule's highest thresholds at which as much as is wanted of the labels together is heard of the fold held out.
func (y yamnet) at(want float64, r rule, all sound, labels []string) (t tally) {
	for percent := 1.0; percent <= 100; percent++ {
		t = y.tell(r.who(percent/100), func(label string) float64 { return r.threshold(percent/100, label) })
		if share(t.heard, all.clips, labels) >= want {
			break
		}
	}
	return t
}
