package piczak

import (
	"fmt"
	"reflect"

	"earshot/internal/jsonfile"
)

// Result is what a finished training leaves in a small file, so that it is not made again.
type Result struct {
	Training Training `json:"training"`
	Clips    float64  `json:"clip_accuracy"`   // 0 to 1
	Segments float64  `json:"window_accuracy"` // 0 to 1
	Tested   int      `json:"clips"`
	Steps    int      `json:"steps"`
	Minutes  float64  `json:"minutes"`
	Build    string   `json:"build"`
}

// Training is all that decides a result, but the machine.
type Training struct {
	Network    string `json:"network"` // [Network]
	Arch       Arch   `json:"arch"`
	Recipe     Recipe `json:"recipe"`
	Seed       uint64 `json:"seed"`
	Data       string `json:"data"` // what it is called
	Digest     string `json:"digest"`
	Train      []int  `json:"train_folds"`
	Test       []int  `json:"test_folds"`
	Background int    `json:"background"` // label that is no figure's, −1 for none
	Shuffled   bool   `json:"shuffled,omitempty"`
}

// maxResult bounds the file, in bytes.
const maxResult = 64 << 10

// Save writes r to path.
func (r Result) Save(path string) error {
	if err := jsonfile.Save(path, 0o644, r); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// LoadResult reads the result of a training from path; there is none, without an error, where no file is. A file that is no result, or that of
// another training, is an error that says so.
func LoadResult(path string, of Training) (r Result, there bool, err error) {
	there, err = jsonfile.Load(path, maxResult, &r)
	switch {
	case err != nil:
		return Result{}, false, fmt.Errorf("%s is no result of a training: %w", path, err)
	case !there:
		return Result{}, false, nil
	case !(r.Clips >= 0 && r.Clips <= 1 && r.Segments >= 0 && r.Segments <= 1 && r.Tested > 0):
		return Result{}, false, fmt.Errorf("%s is no result of a training: its shares are not from 0 to 1, or of no clip", path)
	case !reflect.DeepEqual(r.Training, of):
		return Result{}, false, fmt.Errorf("%s is the result of another training", path)
	}
	return r, true, nil
}
