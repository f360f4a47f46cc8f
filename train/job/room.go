package job

import (
	"math/rand/v2"

	"earshot/train/augment"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/opinion"
	"earshot/verify"
)

// A held-out clip is heard as it would sound in a quiet room: with the room before it and behind it. Cut off at its beginning, a short sound has
// the first window for itself and no mean over the one before; it seems to be heard more easily than it is (docs/results.md).
const (
	roomBefore = 3 * verify.SampleRate
	roomBehind = 3 * verify.SampleRate / 2
	roomLevel  = 8e-4 // −62 dB of full scale, pink
)

// inRoom is a recording (44.1 kHz) in the room.
func inRoom(x []float32) ([]float32, error) {
	y := make([]float32, roomBefore+len(x)+roomBehind)
	augment.Noise(y, augment.Pink, rand.New(rand.NewPCG(1, uint64(len(x)))))
	for i := range y {
		y[i] *= roomLevel
	}
	for i, v := range x {
		y[roomBefore+i] += v
	}
	return y, nil
}

// roomItem is a file in the room for the second network, roomVariant does the same for the first.
func roomItem(path string) opinion.Item {
	return opinion.Item{Path: path, Name: roomName, Change: inRoom}
}

var roomVariant = &features.Variant{Name: roomName, Apply: func(_ dataset.Clip, x []float32) ([]float32, error) {
	return inRoom(x[:min(len(x), opinion.MostChanged)])
}}

const roomName = "in a quiet room, 1" // the number is for caches
