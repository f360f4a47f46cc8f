package stdin

import (
	"encoding/binary"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/pcm"
	"earshot/internal/sampletime"
	"earshot/internal/test/sourcetest"
)

// s16 is x as little-endian 16-bit samples.
func s16(x ...int16) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// pipe runs a stdin source on a pipe and returns the pipe's writing end.
func pipe(t *testing.T, cfg Config) (*os.File, *sourcetest.Running) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); out.Close() })
	return out, sourcetest.Start(t, func(common capture.Common) (capture.Source, error) {
		cfg.Common, cfg.Stdin = common, in
		return New(cfg)
	})
}

func TestStdin(t *testing.T) {
	out, r := pipe(t, Config{PCM: pcm.Layout{Format: pcm.S16LE, Rate: 44100, Channels: 1}, Stall: 200 * time.Millisecond})
	out.Write(s16(1, 2, 3))
	r.Wait(capture.Online)
	r.Wait(capture.Lost) // nothing more comes
	out.Write(s16(4, 5))
	r.Wait(capture.Online)
	out.Close()
	if err := r.Ended(); err != nil {
		t.Fatal(err)
	}
	if got := r.Sink.Samples(); !slices.Equal(got, []float32{1. / 32768, 2. / 32768, 3. / 32768, 4. / 32768, 5. / 32768}) {
		t.Errorf("got %v", got)
	}
	if g := r.Sink.Holes(); len(g) != 1 || g[0].Kept != 3 || g[0].N < sampletime.Samples(100*time.Millisecond, 44100) {
		t.Errorf("gaps %+v, want one after 3 samples", g)
	}
}

func TestStdinStopsWhileWaiting(t *testing.T) {
	_, r := pipe(t, Config{PCM: pcm.Layout{Format: pcm.F32LE, Rate: 48000, Channels: 2}})
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

// TestContract is on a writer that falls silent for a while.
func TestContract(t *testing.T) {
	var silent atomic.Bool
	sourcetest.Hold(t, sourcetest.Rig{
		New: func(t *testing.T, common capture.Common) (capture.Source, error) {
			silent.Store(false)
			in, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for err := error(nil); err == nil; { // until the reader's end is closed
					if silent.Load() {
						time.Sleep(time.Millisecond)
						err = out.SetWriteDeadline(time.Time{}) // fails when out is closed
						continue
					}
					_, err = out.Write(s16(1, -2, 3, -4))
				}
			}()
			t.Cleanup(func() { in.Close(); out.Close(); <-ended })
			common.Stdin = in
			return New(Config{Common: common, PCM: pcm.Layout{Format: pcm.S16LE, Rate: sourcetest.Rate, Channels: 1}, Stall: 200 * time.Millisecond})
		},
		Lose:   func() { silent.Store(true) },
		Resume: func() { silent.Store(false) },
	})
}
