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

// item is the recording of a file, changed in one of the ways of [scene.Elsewhere].
func (e *elsewhere) item(path, way string) opinion.Item {
	h := fnv.New64a()
	fmt.Fprint(h, e.seed, filepath.Base(path), way)
	seed := h.Sum64()
	name, bed := fmt.Sprintf("%s, seed %d", way, seed), -1
	if way == scene.Elsewhere[2] && len(e.beds) > 0 {
		bed = int(seed % uint64(len(e.beds)))
		name += " over " + filepath.Base(e.beds[bed].Path)
	}
	return opinion.Item{Path: path, Name: name, Change: func(x []float32) ([]float32, error) {
		var under []float32
		if bed >= 0 {
			under = e.bed(bed)
		}
		return scene.Hear(x, way, under, seed)
	}}
}

// bed reads a background once; one that cannot be read is silent, and told of where it is learned itself.
func (e *elsewhere) bed(i int) []float32 {
	e.once[i].Do(func() {
		e.read[i], _ = opinion.Samples(e.beds[i].Path, 3*verify.SampleRate, bedSeconds*verify.SampleRate)
	})
	return e.read[i]
}
