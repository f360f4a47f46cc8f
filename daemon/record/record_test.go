package record

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture"
)

// played is a source that plays samples as fast as they are taken, and then ends with an error.
type played struct {
	x   []float32
	err error
}

func (p played) Run(ctx context.Context, sink capture.Sink) error {
	room, _ := sink.(capture.Roomer)
	for x := p.x; len(x) > 0; {
		n := min(len(x), capture.ChunkSamples)
		if !capture.WaitForRoom(ctx, room, n) {
			return nil
		}
		sink.Write(x[:n])
		x = x[n:]
	}
	return p.err
}

// evening is seconds of a room, with tones (start, length in seconds, dBFS) in it.
func evening(seconds float64, tones ...[3]float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, int(seconds*Rate))
	for i := range x {
		x[i] = float32(0.001 * rng.NormFloat64())
	}
	for _, tone := range tones {
		a := math.Sqrt2 * math.Pow(10, tone[2]/20)
		for i := int(tone[0] * Rate); i < int((tone[0]+tone[1])*Rate); i++ {
			x[i] += float32(a * math.Sin(2*math.Pi*900*float64(i)/Rate))
		}
	}
	return x
}

// recorded is what a session kept and said.
type recorded struct {
	takes [][]float32
	room  []float32
	said  []string
	kept  int
	err   error
}

func record(source capture.Source, count int, room time.Duration) (r recorded) {
	r.kept, r.err = Run(context.Background(), Options{Label: "doorbell", Count: count, Room: room, Source: source,
		Say: func(n Note) { r.said = append(r.said, n.String()) },
		Keep: func(room bool, x []float32) error {
			if x = append([]float32(nil), x...); room {
				r.room = x
			} else {
				r.takes = append(r.takes, x)
			}
			return nil
		}})
	return r
}

func (r recorded) says(text string) bool { return strings.Contains(strings.Join(r.said, "\n"), text) }

// TestKeepsSounds: each sound is kept with 1.2 s of the room on both sides; a click, what is too loud and what goes on and on are not, and
// said; the room is kept without the door that closes in it.
func TestKeepsSounds(t *testing.T) {
	x := evening(70, [3]float64{4, 0.5, -20}, [3]float64{8, 0.01, -20}, [3]float64{11, 1, 3}, [3]float64{15, 0.8, -40}, [3]float64{19, 25, -20}, [3]float64{50, 0.3, -25}, [3]float64{58, 0.5, -10})
	got := record(played{x: x}, 3, 10*time.Second)
	if got.err != nil || got.kept != 3 || len(got.takes) != 3 {
		t.Fatalf("kept %d, %v; said\n%s", got.kept, got.err, strings.Join(got.said, "\n"))
	}
	for i, want := range []float64{0.5, 0.8, 0.3} {
		if seconds := float64(len(got.takes[i])) / Rate; math.Abs(seconds-want-2.4) > 0.15 {
			t.Errorf("take %d has %.2f s, want %.2f", i, seconds, want+2.4)
		}
	}
	if n := float64(len(got.room)) / Rate; n < 9.9 || n > 10.1 {
		t.Errorf("%.1f s of the room", n)
	}
	for i, v := range got.room {
		if v > 0.02 {
			t.Fatalf("the room has a door in it, at %.1f s", float64(i)/Rate)
		}
	}
	for _, want := range []string{"room is at -60 dBFS", "too loud", "went on for more than", "3 of 3: now"} {
		if !got.says(want) {
			t.Errorf("nothing of %q in\n%s", want, strings.Join(got.said, "\n"))
		}
	}
}

// TestSourceEnds: what was kept until then is told, and why there is no more.
func TestSourceEnds(t *testing.T) {
	x := evening(7, [3]float64{4, 0.5, -20})
	if got := record(played{x: x}, 2, 0); got.kept != 1 || !errors.Is(got.err, ErrEnded) {
		t.Errorf("kept %d, %v", got.kept, got.err)
	}
	gone := errors.New("unplugged")
	if got := record(played{x, gone}, 2, 0); got.kept != 1 || !errors.Is(got.err, gone) {
		t.Errorf("kept %d, %v", got.kept, got.err)
	}
	if got := record(played{x: make([]float32, 5*Rate)}, 1, 0); !got.says("is it muted?") {
		t.Errorf("of a dead microphone it says %q", got.said)
	}
	full := errors.New("disk full")
	if _, err := Run(context.Background(), Options{Count: 2, Source: played{x: x}, Say: func(Note) {}, Keep: func(bool, []float32) error { return full }}); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
}

// TestStops: a stop is no error, and ends the source.
func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan bool, 1)
	_, err := Run(ctx, Options{Count: 2, Source: silent(func(ctx context.Context) { <-ctx.Done(); ended <- true }), Say: func(Note) { cancel() },
		Keep: func(bool, []float32) error { return nil }})
	if err != nil || !<-ended {
		t.Error(err)
	}
}

type silent func(ctx context.Context)

func (s silent) Run(ctx context.Context, _ capture.Sink) error { s(ctx); return nil }
