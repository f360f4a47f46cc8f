package job

import (
	"fmt"
	"slices"

	"earshot/train/corpus"
	"earshot/train/opinion"
	"earshot/train/takes"
)

// Noise that is added to windows of a cut sound: almost always, down to as loud as the sound itself.
const (
	takenNoise    = 0.85
	takenLeastSNR = -3.0 // dB
	takenMostSNR  = 25.0
	takenGain     = 20.0 // ± dB: nearer, further, another microphone
)

// fewTakes is how many recordings of a sound are too few to tell it from others.
const fewTakes = 5

// tellTakes warns of recordings from which a sound is hard to learn.
func tellTakes(all []corpus.Take, ui UI) {
	byLabel := map[string][]corpus.Take{}
	var labels []string
	for _, t := range all {
		if byLabel[t.Label] == nil {
			labels = append(labels, t.Label)
		}
		byLabel[t.Label] = append(byLabel[t.Label], t)
	}
	for _, label := range labels {
		of := byLabel[label]
		var floors []takes.Spectrum
		var buried []string
		for _, t := range of {
			floors = append(floors, t.Floor)
			if !t.Stands {
				buried = append(buried, t.Clip.Name)
			}
		}
		if len(of) < fewTakes {
			ui.Print("warning: %s has %d recordings; with fewer than %d it will answer to much else: record ten, at other places and distances", label, len(of), fewTakes)
		} else if takes.Alike(floors) {
			ui.Print("warning: the noise around %s is the same in all %d recordings; record some in another room, at another hour, or with what hums switched off", label, len(of))
		}
		if len(buried) > 0 {
			ui.Print("note: in %d recordings of %s nothing stands out of the room, and all of it is taken for the sound: %s", len(buried), label, some(buried))
		}
	}
}

// item is what is learned of a recording.
func (r recorded) item() opinion.Item {
	if r.take == nil {
		return opinion.Item{Path: r.path}
	}
	return opinion.Item{Path: r.path, Name: r.name(), Change: func(x []float32) ([]float32, error) { return r.sound(x), nil }}
}

// name tells the caches what was done to a recording.
func (r recorded) name() string {
	if r.take == nil {
		return ""
	}
	return fmt.Sprintf("sound alone %d, ", corpus.TakesVersion)
}

// sound is what of a recording is learned.
func (r recorded) sound(x []float32) []float32 {
	if r.take == nil || len(x) < r.take.Samples {
		return x
	}
	return r.take.Cut(x)
}

// rooms are what is beside the sounds, as it was, louder and fainter.
func rooms(all []recorded) (items []opinion.Item) {
	for _, r := range all {
		if r.take == nil || !r.take.HasRoom() || r.take.Samples > opinion.MostChanged {
			continue
		}
		for _, gain := range []float32{1, 4, 0.25} {
			items = append(items, opinion.Item{Path: r.path, Name: fmt.Sprintf("room alone %d, × %g", corpus.TakesVersion, gain), Change: func(x []float32) ([]float32, error) {
				y := r.take.Room(x)
				for i := range y {
					y[i] *= gain
				}
				return y, nil
			}})
		}
	}
	return items
}

// newLabels are those of the takes.
func newLabels(p *corpus.Prepared) (labels []string) {
	for _, t := range p.Takes {
		if !slices.Contains(labels, t.Label) {
			labels = append(labels, t.Label)
		}
	}
	return labels
}

// taughtLabels are those that were taught beside what the network began with, this time and before.
func (out *Outcome) taughtLabels() []string {
	if out.known == nil {
		return nil
	}
	all := slices.Clone(out.known.Taught)
	for _, l := range taught(out.Prepared) {
		if !slices.Contains(out.known.Labels, l) {
			all = append(all, l)
		}
	}
	return all
}
