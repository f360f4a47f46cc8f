// Package record makes a person's recordings of a sound: it listens to a source, waits until something stands out of the room, keeps
// that with a little of the room around it, says what was wrong with it, and at last keeps a stretch of the room alone.
//
// It goes by the source's samples and never by the clock, so that a recording played at any speed gives the same files.
package record

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/task"
	"earshot/ringbuf"
	"earshot/train/takes"
)

// Rate of the sound that a source must give, Hz.
const Rate = takes.Rate

// Options say what to record.
type Options struct {
	Label  string
	Count  int           // takes that are kept
	Room   time.Duration // of the room alone, at the end; 0: none
	Say    func(Note)
	Keep   func(room bool, x []float32) error // writes a file
	Source capture.Source
}

// What is listened for. A sound that lasts longer is cut off: it is no event but a state.
const (
	checked = 2 * time.Second         // of the room, before anything else
	around  = 1200 * time.Millisecond // of it, kept before and behind a sound
	pause   = 900 * time.Millisecond  // of quiet ends a sound
	longest = 20 * time.Second
	begins  = 10.0 // dB over the room
	holds   = 5.0
	loud    = 0.985 // of full scale: clipped
	dead    = -85.0 // dBFS: no microphone
	noisy   = -30.0 // dBFS
)

// ErrEnded says that the source ended before there were enough takes.
var ErrEnded = errors.New("the source ended")

// Run records until all is there, and returns how many takes were kept. It ends with ctx, without an error.
func Run(ctx context.Context, o Options) (kept int, err error) {
	s := &session{o: o, ring: ringbuf.New(samples(buffered) / ringbuf.BlockSamples)}
	g := task.New(ctx)
	g.GoThen("source", func(ctx context.Context) error { return o.Source.Run(ctx, s.ring) }, func(err error) {
		s.ended = err
		s.ring.Flush()
		s.over.Store(true)
	})
	err = s.run(g.Context())
	g.Stop()
	if late, _ := g.WaitFor(stopWithin); late != nil {
		return s.kept, capture.ErrHung
	}
	if errors.Is(err, ErrEnded) && s.ended != nil { // why it ended says more than that it did
		err = s.ended
	}
	return s.kept, err
}

const (
	buffered   = 8 * time.Second      // of sound that may wait for the disk
	poll       = 5 * time.Millisecond // between looks at an empty ring
	stopWithin = 5 * time.Second
)

// session is one sitting.
type session struct {
	o     Options
	ring  *ringbuf.Ring
	over  atomic.Bool // the source has ended
	ended error       // why, before over
	kept  int

	past  []float32 // what was heard last, at most longest and around
	rest  []float32 // not yet a whole hop
	power lowCut
	floor float64 // the room, dBFS
}

// hop is how much is judged at a time.
const hop = Rate / 50

// next is the level of the next 20 ms, dBFS; they are behind past.
func (s *session) next(ctx context.Context) (level float64, err error) {
	for len(s.rest) < hop {
		over := s.over.Load() // before Peek: what it wrote last is still there
		b := s.ring.Peek()
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case b != nil:
			s.rest = append(s.rest, b.X[:b.N]...)
			s.ring.Release()
		case over:
			return 0, ErrEnded
		default:
			capture.Sleep(ctx, poll)
		}
	}
	s.past = append(s.past, s.rest[:hop]...)
	level = s.power.level(s.rest[:hop])
	s.rest = append(s.rest[:0], s.rest[hop:]...)
	if most := samples(longest + 4*around); len(s.past) > 2*most {
		s.past = append(s.past[:0], s.past[len(s.past)-most:]...)
	}
	return level, nil
}

func samples(d time.Duration) int { return int(d.Seconds() * Rate) }

func (s *session) run(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return quiet(err)
	}
	for s.kept < s.o.Count {
		s.o.Say(Note{Step: Now, Take: s.kept + 1, Of: s.o.Count})
		x, err := s.take(ctx)
		if err != nil {
			return quiet(err)
		}
		if fault := faulty(x); fault != NoFault {
			s.o.Say(Note{Step: Rejected, Fault: fault, Take: s.kept + 1, Of: s.o.Count})
			continue
		}
		if err := s.o.Keep(false, x); err != nil {
			return err
		}
		s.kept++
		s.o.Say(Note{Step: Kept, Take: s.kept, Of: s.o.Count, Seconds: float64(len(x)-2*samples(around)) / Rate})
	}
	if s.o.Room == 0 {
		return nil
	}
	return quiet(s.room(ctx))
}

// quiet makes a stop no error.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// check listens to the room, and says what is wrong with it.
func (s *session) check(ctx context.Context) error {
	s.o.Say(Note{Step: Listen, Of: s.o.Count})
	var levels []float64
	for range samples(checked) / hop {
		l, err := s.next(ctx)
		if err != nil {
			return err
		}
		levels = append(levels, l)
	}
	s.floor = middle(levels)
	n := Note{Step: Heard, Of: s.o.Count, LevelDBFS: s.floor, label: s.o.Label}
	switch {
	case s.floor < dead:
		n.Fault = Dead
	case s.floor > noisy:
		n.Fault = Noisy
	}
	s.o.Say(n)
	return nil
}

// take waits for a sound and returns it with some of the room around it.
func (s *session) take(ctx context.Context) ([]float32, error) {
	s.past = s.past[:0]
	var before []float64
	still, loudly := 0, 0                           // hops
	for still < samples(around)/hop || loudly < 2 { // two, so that no click of a cable begins one; and what goes on since before is over first
		l, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		switch {
		case l >= s.floor+begins:
			if loudly++; loudly > 2 {
				still = 0
			}
		case l < s.floor+holds:
			still, loudly = still+1, 0
		default:
			loudly = 0
		}
		if before = append(before, l); len(before) > 500 { // the room changes
			before = before[100:]
			s.floor = middle(before)
		}
		if keep := samples(2 * around); len(s.past) > 2*keep {
			s.past = append(s.past[:0], s.past[len(s.past)-keep:]...)
		}
	}
	from := max(0, len(s.past)-2*hop-samples(around))
	still = 0
	for still < samples(pause)/hop && len(s.past)-from < samples(longest) {
		l, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		if still++; l >= s.floor+holds {
			still = 0
		}
	}
	for range samples(around-pause) / hop {
		if _, err := s.next(ctx); err != nil {
			return nil, err
		}
	}
	return s.past[from:], nil
}

// faulty says why a take is of no use.
func faulty(x []float32) Fault {
	peak := float32(0)
	for _, v := range x {
		peak = max(peak, v, -v)
	}
	t := takes.Examine(x)
	switch {
	case peak >= loud:
		return TooLoud
	case len(x) >= samples(longest):
		return TooLong
	case !t.Stands:
		return Faint
	}
	return NoFault
}

// room keeps the room alone, without what stands out of it.
func (s *session) room(ctx context.Context) error {
	s.o.Say(Note{Step: RoomAlone, Take: s.kept, Of: s.o.Count, Seconds: s.o.Room.Seconds()})
	s.past = s.past[:0]
	var x []float32
	for len(x) < samples(s.o.Room) {
		l, err := s.next(ctx)
		if errors.Is(err, ErrEnded) && len(x) > Rate {
			break // a recording that is over: what there was is the room
		}
		if err != nil {
			return err
		}
		if l < s.floor+2*begins {
			x = append(x, s.past[len(s.past)-hop:]...)
		}
	}
	if err := s.o.Keep(true, x); err != nil {
		return err
	}
	s.o.Say(Note{Step: RoomKept, Take: s.kept, Of: s.o.Count, Seconds: float64(len(x)) / Rate})
	return nil
}

// middle is the median.
func middle(levels []float64) float64 {
	return slices.Sorted(slices.Values(levels))[len(levels)/2]
}

// lowCut measures levels without rumble.
type lowCut struct{ low float64 }

func (c *lowCut) level(x []float32) float64 {
	const corner = 120.0 // Hz
	k := math.Exp(-2 * math.Pi * corner / Rate)
	sum := 0.0
	for _, v := range x {
		c.low = k*c.low + (1-k)*float64(v)
		high := float64(v) - c.low
		sum += high * high
	}
	return 10 * math.Log10(sum/float64(len(x))+1e-15)
}
