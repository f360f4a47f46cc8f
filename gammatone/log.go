package gammatone

import (
	"fmt"
	"math"
)

// LogFloor writes 10·log10(max(E, floor)) in dB of every energy to dst, which may be the
// energies themselves. An energy that is not a number counts as the floor. It panics
// if dst is shorter than energies.
func LogFloor(dst, energies []float32, floor float64) {
	if len(dst) < len(energies) {
		panic(fmt.Sprintf("gammatone: LogFloor of %d energies into %d", len(energies), len(dst)))
	}
	low := float32(10 * math.Log10(floor))
	floor32 := float32(floor)
	for i, e := range energies {
		if e > floor32 {
			dst[i] = float32(10 * math.Log10(float64(e)))
		} else {
			dst[i] = low
		}
	}
}
