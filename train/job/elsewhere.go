package job

import (
	"fmt"
	"hash/fnv"
	"path/filepath"
	"sync"

	"earshot/train/opinion"
	"earshot/train/scene"
	"earshot/verify"
)

// elsewhere makes changes of recordings: what another microphone in another place would have heard.
type elsewhere struct {
	seed uint64
	beds []opinion.Item // for backgrounds, at most mostBeds
	once []sync.Once
	read [][]float32
}

const (
	mostBeds   = 128
	bedSeconds = 12
)

// newElsewhere takes its backgrounds from files, evenly spread.
func newElsewhere(seed uint64, files []opinion.Item) *elsewhere {
	e := &elsewhere{seed: seed}
	for i := range min(mostBeds, len(files)) {
		e.beds = append(e.beds, files[i*len(files)/min(mostBeds, len(files))])
	}
	e.once, e.read = make([]sync.Once, len(e.beds)), make([][]float32, len(e.beds))
	return e
}

// item is the recording of a file, changed in one of the ways of [scene.Elsewhere]; of a take the sound alone is changed.
func (e *elsewhere) item(r recorded, way string, n int) opinion.Item {
	h := fnv.New64a()
	fmt.Fprint(h, e.seed, filepath.Base(r.path), way)
	if n > 0 {
		fmt.Fprint(h, n)
	}
	seed := h.Sum64()
	name, bed := fmt.Sprintf("%s%s, seed %d", r.name(), way, seed), -1
	if way == scene.Elsewhere[2] && len(e.beds) > 0 {
		bed = int(seed % uint64(len(e.beds)))
		name += " over " + filepath.Base(e.beds[bed].Path) + e.beds[bed].Name
	}
	return opinion.Item{Path: r.path, Name: name, Change: func(x []float32) ([]float32, error) {
		var under []float32
		if bed >= 0 {
			under = e.bed(bed)
		}
		return scene.Hear(r.sound(x), way, under, seed)
	}}
}

// bed makes or reads a background once; one that cannot be read is silent, and told of where it is learned itself.
func (e *elsewhere) bed(i int) []float32 {
	e.once[i].Do(func() {
		switch b := e.beds[i]; {
		case b.Make != nil:
			e.read[i] = b.Make()
		case b.Change != nil: // a short piece, over and over
			x, err := opinion.Samples(b.Path, 0, opinion.MostChanged)
			if err == nil {
				x, err = b.Change(x)
			}
			for err == nil && len(x) > 0 && len(e.read[i]) < bedSeconds*verify.SampleRate {
				e.read[i] = append(e.read[i], x...)
			}
		default:
			e.read[i], _ = opinion.Samples(b.Path, 3*verify.SampleRate, bedSeconds*verify.SampleRate)
		}
	})
	return e.read[i]
}
