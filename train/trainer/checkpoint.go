package trainer

import (
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/batches"
	"earshot/train/checkpoint"
	"earshot/train/recipe"
)

// header is a training that can go on: what its checkpoint says before the state vectors.
type header struct {
	Arch    acrnn.Arch
	Recipe  recipe.Recipe
	Seed    uint64
	Data    string // digest of labels, clips and folds
	Floor   float64
	Norm    train.Norm
	Labels  []string
	Step    int
	Epoch   Running // of the epoch that Step is in
	History []train.Epoch
	Hard    []batches.Negative `json:",omitempty"`
	MinedAt int                // step before which they were looked for last; −1: never
	Mined   *train.Mined       `json:",omitempty"` // in the epoch that Step is in
	checkpoint.Layout
	vectors map[string][]float32
}

// save writes h and its vectors to path.
func (h *header) save(path string) error {
	return checkpoint.Save(path, h, []string{"weights", "moment1", "moment2", "average"}, h.vectors)
}

// loadHeader reads what save wrote.
func loadHeader(path string) (*header, error) {
	h := &header{}
	var err error
	h.vectors, err = checkpoint.Load(path, h)
	return h, err
}
