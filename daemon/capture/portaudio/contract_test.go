package portaudio

import (
	"sync/atomic"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/test/sourcetest"
)

// TestContract is on a microphone that is lost by falling silent: the sound system of this test gives samples to
// the newest stream, unless it is told not to.
func TestContract(t *testing.T) {
	var silent atomic.Bool
	sourcetest.Hold(t, sourcetest.Rig{
		New: func(t *testing.T, common capture.Common) (capture.Source, error) {
			silent.Store(false)
			sys := &fakeSystem{devices: []capture.Device{{Name: "mic", Channels: 1, Rate: sourcetest.Rate, Default: true}}}
			end, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				x := make([]float32, 441)
				for {
					select {
					case <-end:
						return
					case <-time.After(10 * time.Millisecond):
					}
					if !silent.Load() {
						sys.give(x)
					}
				}
			}()
			t.Cleanup(func() { close(end); <-ended })
			return newMicrophone(Config{Common: common, StallAfter: 300 * time.Millisecond}, newHost(sys, leisurely))
		},
		Lose:   func() { silent.Store(true) },
		Resume: func() { silent.Store(false) },
	})
}
