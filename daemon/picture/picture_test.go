package picture

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer/smooth"
	"earshot/internal/test/sinktest"
	"earshot/publish"
)

// hear sends seconds of noise through the front end from sample at, and lets the eye see it.
func hear(eye sink.Eye, at int64, seconds float64) (end int64) {
	c, r := gammatone.Default(), rand.New(rand.NewPCG(1, uint64(at)))
	x := make([]float32, int(seconds*float64(c.SampleRate)))
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Exp(-float64(i%11025)/4000))
	}
	steps := make([]float32, 32)
	for i := range steps {
		steps[i] = float32(i) / 496 // sums to 1
	}
	gammatone.NewStream(c, 16, 0).Push(at, x, true, func(w *gammatone.Window) {
		eye.Window(w)
		eye.Attended(w.At, steps)
	})
	return at + int64(len(x))
}

func onset(at int64, title string) *sink.Event {
	return &sink.Event{Event: smooth.Event{On: true, Score: 0.97, Onset: at}, Source: "mic", ID: "dog", Title: title, Onset: time.Now()}
}

// TestPicture: a sound's picture is a PNG that fits, and of several within some seconds the newest is drawn.
func TestPicture(t *testing.T) {
	got := make(chan []byte, 10)
	s := New(gammatone.Default(), func(source string, b []byte) {
		if source != "mic" {
			t.Errorf("a picture of %q", source)
		}
		got <- b
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { _ = s.Run(ctx); close(ended) }()
	eye := s.Look("mic")
	s.Event(onset(0, "Dog")) // nothing was heard yet
	end := hear(eye, 0, 6)
	s.Event(onset(end-66150, "Dog"))
	b := <-got
	if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds() != image.Rect(0, 0, 640, 360) {
		t.Errorf("%v, %v", img, err)
	}
	if len(b) > publish.MaxImage {
		t.Errorf("%d bytes", len(b))
	}
	t.Logf("%d bytes", len(b))
	for range 3 {
		s.Event(onset(end, "狗叫"))
	}
	for _, none := range []func(e *sink.Event){
		func(e *sink.Event) { e.On = false }, func(e *sink.Event) { e.Group = true }, func(e *sink.Event) { e.Muted = true },
		func(e *sink.Event) { e.Same = "yard" }, func(e *sink.Event) { e.Source = "yard" },
	} {
		e := onset(end, "Dog")
		none(e)
		s.Event(e)
	}
	if _, p, wait := s.next(time.Now()); p != nil || wait > drawnEvery {
		t.Errorf("drawn at once again, or not for %v", wait)
	}
	if _, p, _ := s.next(time.Now().Add(drawnEvery)); p == nil || p.Title[:8] != "dog 0.97" {
		t.Errorf("later: %+v", p)
	}
	stop()
	<-ended
	if len(got) > 0 {
		t.Errorf("%d pictures more", len(got))
	}
}

// TestStrip: frames are kept in order over the ring's end, a hole begins anew, attention lies where the network looked.
func TestStrip(t *testing.T) {
	s := newStrip(gammatone.Default())
	if s.draw(0) != nil {
		t.Error("a picture of nothing")
	}
	end := hear(s, 0, 2)
	p := s.draw(44100)
	bands := gammatone.Default().Bands
	if frames := len(p.Log) / bands; frames != 160 { // ten hops of 16 in two seconds, of 171 frames
		t.Errorf("%d frames", frames)
	}
	if math.Abs(p.StartS+1-512./44100) > 1e-6 {
		t.Errorf("it starts at %v s", p.StartS)
	}
	if len(p.Attention) != 80 || p.Attention[0].Value > 0.1 || p.Attention[79].Value < 1.9 {
		t.Errorf("attention %v", p.Attention)
	}
	end = hear(s, end, 18)
	whole := newStrip(gammatone.Default())
	hear(whole, 88200, 18)
	for what, onset := range map[string]int64{"just now": end - 22050, "long ago": end - 12*44100, "forgotten": 0} {
		p, q := s.draw(onset), whole.draw(onset)
		if len(p.Log) != shownFrames*bands {
			t.Errorf("%s: %d values", what, len(p.Log))
		}
		if what == "long ago" && math.Abs(p.StartS+1.5) > 0.1 {
			t.Errorf("the onset lies %v s behind the beginning", -p.StartS)
		}
		if last := p.Attention[len(p.Attention)-1].S; last < p.StartS+4.9 && what != "just now" {
			t.Errorf("%s: attention until %v s of a picture from %v s on", what, last, p.StartS)
		}
		for i, v := range p.Log {
			if q.Log[i] != v || p.StartS != q.StartS {
				t.Fatalf("%s: value %d is %v, was %v", what, i, v, q.Log[i])
			}
		}
	}
	hear(s, 1<<40+7, 1.6)
	if p = s.draw(0); len(p.Log) != 128*bands {
		t.Errorf("after a hole %d values", len(p.Log))
	}
}

// TestListenerDoesNotAllocate: what the listener and the reporter do for each window costs no memory.
func TestListenerDoesNotAllocate(t *testing.T) {
	c := gammatone.Default()
	s := newStrip(c)
	steps := make([]float32, 32)
	gammatone.NewStream(c, 64, 0).Push(0, make([]float32, c.WindowSamples()), false, func(w *gammatone.Window) {
		s.Attended(w.At, steps)
		if n := testing.AllocsPerRun(3*keepLooks, func() {
			s.count = 0
			s.Window(w)
			s.Attended(w.At, steps)
		}); n > 0.5 { // each place of the ring is made once
			t.Errorf("%v allocations", n)
		}
	})
}

func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		s := New(gammatone.Default(), func(string, []byte) {})
		hear(s.Look(sinktest.Source), 0, 2)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { _ = s.Run(ctx); close(ended) }()
		return sinktest.Subject{Sink: s, Nil: (*Sink)(nil), Close: func() { stop(); <-ended }}
	})
}
