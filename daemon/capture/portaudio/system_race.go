//go:build race

package portaudio

import (
	"sync"

	"github.com/gordonklaus/portaudio"
)

// The binding hands small numbers to C as void*. Builds with the race detector
// check pointers too, and end the process for one below 4096; so there the
// first numbers are used up, by streams that cannot be opened.
var usedUp sync.Once

func useUpSmallNumbers() {
	usedUp.Do(func() {
		for range 4096 {
			portaudio.OpenStream(portaudio.StreamParameters{})
		}
	})
}
