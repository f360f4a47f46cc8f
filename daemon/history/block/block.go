// Package block packs the smoothed scores of some windows of one source into few bytes.
//
// Scores are rounded down to thousandths. A threshold is a number of thousandths too, so that a score reaches it exactly
// when the packed one does: smoothing that is done again from a block switches where it switched. What lies below a
// block's floor is not kept; the floor is as high as it must be for the block to keep within its size.
package block

import (
	"errors"
	"fmt"
	"math"
)

// Scale is how many steps a score has from 0 to 1.
const Scale = 1000

// Steps is the greatest number of steps that do not exceed a score, 0…Scale.
func Steps(score float64) uint16 {
	if !(score > 0) { // nor NaN
		return 0
	}
	n := uint16(math.Min(score, 1) * Scale)
	for n < Scale && Score(n+1) <= score { // the product may be rounded either way
		n++
	}
	for Score(n) > score {
		n--
	}
	return n
}

// Score is the score of so many steps: the number that its decimal digits are read as.
func Score(steps uint16) float64 { return float64(steps) / Scale }

// Window is one window.
type Window struct {
	End   int64 // sample at which it ended
	Break uint8 // what lies before it: a sink.Break
	From  int   // of its scores in Block.Marks; they end where the next window's begin
}

// Mark is one score of one window.
type Mark struct {
	Label uint16 // index into Block.Labels
	Steps uint16
}

// Block is some windows in order.
type Block struct {
	Floor   uint16 // steps; scores below it are not there
	Labels  []string
	Windows []Window
	Marks   []Mark
}

// Of are the scores of window i.
func (b *Block) Of(i int) []Mark {
	to := len(b.Marks)
	if i+1 < len(b.Windows) {
		to = b.Windows[i+1].From
	}
	return b.Marks[b.Windows[i].From:to]
}

// Bounds of a block, of one that is packed as of one that is read.
const (
	MaxWindows = 4096
	MaxLabels  = 1024
	maxPacked  = 1 << 20 // bytes
	maxPlain   = 16 << 20
)

// Floors are those that packing tries, in steps: one below which no threshold of use lies, and so on until nothing but
// the windows' times is left.
var floors = []uint16{20, 50, 100, 150, 200, 300, 400, 500, 700, 900, Scale + 1}

// Floor is the lowest floor, in steps: scores below it need not be collected.
const Floor = 20

func (b *Block) check() error {
	switch {
	case len(b.Windows) == 0 || len(b.Windows) > MaxWindows:
		return fmt.Errorf("%d windows; want 1 to %d", len(b.Windows), MaxWindows)
	case len(b.Labels) > MaxLabels:
		return fmt.Errorf("%d labels; want %d at the most", len(b.Labels), MaxLabels)
	}
	return nil
}

var errShort = errors.New("it breaks off")
