package infer

import (
	"testing"

	"earshot/gammatone"
)

// TestContractIsTheFrontEnds: the windows that the contract asks for are those that the front end makes.
func TestContractIsTheFrontEnds(t *testing.T) {
	if c := gammatone.Default(); c.Bands != Bands || c.WindowFrames != Frames || c.WindowLen() != WindowLen {
		t.Errorf("the front end makes %d bands × %d frames, %d values; the contract wants %d × %d, %d",
			c.Bands, c.WindowFrames, c.WindowLen(), Bands, Frames, WindowLen)
	}
	var _ Window = (*gammatone.Window)(nil)
}
