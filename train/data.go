package train

import (
	"errors"

	"earshot/train/features"
)

// Example is one clip with its features and what it teaches.
type Example struct {
	Clip  *features.Clip
	Label int
	Name  string
	Soft  *Soft // what its windows are taught instead of Label; nil: Label
}

// Data is what a training learns from and is measured on.
type Data struct {
	Labels     []string // of the network, in output order
	Background int      // index of the background label, −1 for none
	Train      []Example
	Test       []Example        // may be empty
	Quiet      []*features.Clip // background, for its label and as added noise
	Digest     string           // of labels, clips and folds: a checkpoint belongs to it
}

// ErrNoClips is returned where there is nothing to learn from.
var ErrNoClips = errors.New("no clips to learn from")

// Place is a window of a clip.
type Place struct {
	Clip  *features.Clip
	Start int // frame
}
