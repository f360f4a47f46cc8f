// Package job carries out what "earshot train" and "earshot eval" ask for:
// from folders of recordings to a model file, its figures and a report.
package job

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/recipe"
	"earshot/train/trainer"
)

// Options are a training as the user asks for it.
type Options struct {
	Source    corpus.Source
	Recipe    recipe.Recipe
	Width     float64
	Attention acrnn.Attention
	Seed      uint64
	Floor     float64

	Teachers        []string             // SecondTeacher, and model files; none: clips teach what they are labelled
	TeacherEmbedder *infer.EmbedderModel // of SecondTeacher

	Init       string // model file to start from; "" starts at random
	InitBytes  []byte // instead of a file
	Calibrated string // model file whose temperature and thresholds are taken over where there are no test folds

	Out        string // model file
	Half       bool   // float16 weights
	Int8       bool   // convolutions in int8, the rest as Half says
	Checkpoint string // "" is Out + ".checkpoint"
	Resume     bool
	Metrics    string // JSON lines; "" writes none
	Report     string // HTML; "" writes none
	AsRecorded bool   // teaching a model: recordings of new labels are learned with the room in them, and not cut to their sound alone
	Strict     bool   // a broken clip stops the run
	EvalEvery  int
	Build      string // for provenance
	Note       string

	Second SecondOptions // no embedder: the model gets no second opinion

	Graph infer.GraphOptions
}

// Validate reports the first thing that cannot work together.
func (o Options) Validate() error {
	for _, f := range o.Source.Train {
		for _, g := range o.Source.Test {
			if f == g {
				return fmt.Errorf("fold %d is both to learn from and to test on; take it out of one", f)
			}
		}
	}
	if o.Out == "" {
		return errors.New("no model file to write; name one with --out")
	}
	if !(o.Floor > 0 && o.Floor < 1) {
		return fmt.Errorf("floor %g: want an energy over 0 and below 1", o.Floor)
	}
	if o.Recipe.Frozen > 0 && o.Init == "" && len(o.InitBytes) == 0 {
		return trainer.ErrNothingToFreeze
	}
	if o.Recipe.Mine > 0 && !o.Source.Background {
		return trainer.ErrNothingToMine
	}
	return o.Recipe.Validate()
}

// front is the front end that the network learns with.
func (o Options) front() gammatone.Config {
	front := gammatone.Default()
	front.Floor = o.Floor
	return front
}

func (o Options) checkpoint() string {
	if o.Checkpoint != "" {
		return o.Checkpoint
	}
	return o.Out + ".checkpoint"
}

func (o Options) dataName() string { return nameOf(o.Source.Set) }

// nameOf is how a data set is called in a model file.
func nameOf(set dataset.Options) string {
	var names []string
	for _, d := range set.Dirs {
		names = append(names, filepath.Base(filepath.Clean(d)))
	}
	name := strings.Join(names, " + ")
	if l := set.Licences; len(l) > 0 {
		name += " (" + strings.Join(l, ", ") + " clips)"
	}
	return name
}

// UI is how a job talks while it runs. Print writes a line; Bar returns a
// function that moves a bar (done, total, note).
type UI struct {
	Print func(format string, a ...any)
	Bar   func(title string) func(done, total int, note string)
}

// Quiet is a UI that prints to w and draws no bars.
func Quiet(w io.Writer) UI {
	return UI{Print: func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) },
		Bar: func(string) func(int, int, string) { return func(int, int, string) {} }}
}
