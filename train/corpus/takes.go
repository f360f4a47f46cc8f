package corpus

import (
	"context"
	"fmt"
	"math"
	"slices"

	"earshot/internal/audio"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/takes"
)

// TakesVersion is part of the cache keys of what is cut out of recordings; raise it when package takes cuts otherwise.
const TakesVersion = 1

// Take is a recording of a label that is new, and what it is made of.
type Take struct {
	takes.Take
	Label string // id
	Clip  dataset.Clip
}

// shortestRoom is how much quiet of a recording is worth learning, in samples.
const shortestRoom = takes.Rate

// HasRoom tells whether there is enough beside the sound to learn what is none of it.
func (t Take) HasRoom() bool {
	n := 0
	for _, q := range t.Quiet {
		n += q[1] - q[0]
	}
	return n >= shortestRoom
}

// cut loads clips of labels that are new by their sound alone, and gives their rooms to what is quiet.
func (p *Prepared) cut(ctx context.Context, s Source, clips []dataset.Clip) ([]*features.Clip, error) {
	found := map[string]takes.Take{}
	for _, c := range clips {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x, _, err := audio.ReadMonoNotes(c.Path, takes.Rate)
		if err != nil {
			continue // loading it says so
		}
		found[c.Path] = takes.Examine(x)
	}
	variant := func(name string, part func(takes.Take, []float32) []float32) *features.Variant {
		return &features.Variant{Name: fmt.Sprintf("%s %d", name, TakesVersion), Apply: func(c dataset.Clip, x []float32) ([]float32, error) {
			return part(found[c.Path], x), nil
		}}
	}
	o := features.Options{CacheDir: s.CacheDir, Workers: s.Workers, Variant: variant("sound alone", takes.Take.Cut)}
	loaded, broken, err := features.LoadContext(ctx, clips, o)
	if err != nil {
		return nil, err
	}
	p.Broken = append(p.Broken, broken...)
	var rooms []dataset.Clip
	for i, c := range clips {
		if loaded[i] == nil {
			continue
		}
		t := Take{found[c.Path], p.Labels[c.Label], c}
		if p.Takes = append(p.Takes, t); t.HasRoom() {
			rooms = append(rooms, c)
		}
	}
	if len(rooms) == 0 {
		return loaded, nil
	}
	o.Variant = variant("room alone", takes.Take.Room)
	quiet, _, err := features.LoadContext(ctx, rooms, o)
	for _, c := range quiet {
		if c != nil {
			p.Quiet = append(p.Quiet, c, louder(c, 12), louder(c, -12))
		}
	}
	return loaded, err
}

// louder is a clip at another level: tomorrow the room is not as quiet as it was.
func louder(c *features.Clip, db float64) *features.Clip {
	d := *c
	d.Energies = slices.Clone(c.Energies)
	k := float32(math.Pow(10, db/10))
	for i := range d.Energies {
		d.Energies[i] *= k
	}
	return &d
}

// features loads clips, those of labels that are not known by their sound alone.
func (p *Prepared) features(ctx context.Context, s Source, clips []dataset.Clip, whole bool) ([]*features.Clip, error) {
	var known, fresh []int
	for i, c := range clips {
		if whole || s.Known == nil || slices.Contains(s.Known, p.Labels[c.Label]) || p.Labels[c.Label] == dataset.BackgroundLabel {
			known = append(known, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	out := make([]*features.Clip, len(clips))
	of := func(index []int) (some []dataset.Clip) {
		for _, i := range index {
			some = append(some, clips[i])
		}
		return some
	}
	if len(known) > 0 {
		loaded, broken, err := features.LoadContext(ctx, of(known), features.Options{CacheDir: s.CacheDir, Workers: s.Workers, Progress: s.Progress})
		if err != nil {
			return nil, err
		}
		p.Broken = append(p.Broken, broken...)
		for k, i := range known {
			out[i] = loaded[k]
		}
	}
	if len(fresh) > 0 {
		loaded, err := p.cut(ctx, s, of(fresh))
		if err != nil {
			return nil, err
		}
		for k, i := range fresh {
			out[i] = loaded[k]
		}
	}
	return out, nil
}
