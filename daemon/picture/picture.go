// Package picture draws the newest sound of each source as the network saw it: a spectrogram with the network's attention,
// the onset, the label and the time. It is made beside the event, which does not wait for it.
package picture

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/internal/figure"
	"earshot/publish"
)

// Kind is the pictures among the sinks.
var Kind = sink.Kind{
	Name:    "pictures",
	Sound:   true,
	Changed: func(before, now *config.Config) bool { return before.MQTT.Image != now.MQTT.Image },
	Open: func(f *config.File, env sink.Env) (sink.Sink, error) {
		if !f.Config.MQTT.Image {
			return nil, nil
		}
		return New(env.FrontEnd, env.Picture), nil
	},
}

const (
	// drawnEvery is how often a source's picture is made at most: of several sounds meanwhile the newest is drawn.
	drawnEvery = 5 * time.Second
	// step is how finely levels are told, dB: half the bytes of a picture lie in what nobody sees.
	step = 2
)

// Sink draws pictures.
type Sink struct {
	front gammatone.Config
	bands []float64 // Hz
	told  func(source string, png []byte)
	wake  chan struct{}

	mu      sync.Mutex // guards all below
	strips  map[string]*strip
	waiting map[string]*figure.Spectrogram // by source
	drawn   map[string]time.Time           // when a source's picture was last made
}

// New makes a sink that hands each picture, a PNG of at most [publish.MaxImage] bytes, to told; which must not block.
func New(c gammatone.Config, told func(source string, png []byte)) *Sink {
	return &Sink{front: c, bands: gammatone.CentreFrequencies(c), told: told, wake: make(chan struct{}, 1),
		strips: map[string]*strip{}, waiting: map[string]*figure.Spectrogram{}, drawn: map[string]time.Time{}}
}

// Look implements sink.Looker.
func (s *Sink) Look(source string) sink.Eye {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strips[source] = newStrip(s.front)
	return s.strips[source]
}

// Event takes down what a sound looked like up to now. A group has no picture, its label has; what is muted, or told by
// another source of the zone, has none.
func (s *Sink) Event(e *sink.Event) {
	if s == nil || !e.On || e.Group || e.Muted || e.Same != "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	strip := s.strips[e.Source]
	if strip == nil {
		return
	}
	p := strip.draw(e.Event.Onset)
	if p == nil {
		return
	}
	title := e.Title
	if !figure.CanWrite(title) {
		title = e.ID
	}
	p.BandHz, p.WidthPX, p.HeightPX = s.bands, 640, 360
	p.Title = fmt.Sprintf("%s %.2f   %s", title, e.Score, e.Onset.Local().Format("2006-01-02 15:04:05"))
	p.Marks = []figure.Mark{{S: 0, Text: "onset"}}
	s.waiting[e.Source] = p
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run draws what waits until ctx ends.
func (s *Sink) Run(ctx context.Context) error {
	for {
		source, p, wait := s.next(time.Now())
		if p == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-s.wake:
			case <-time.After(wait):
			}
			continue
		}
		b, err := encode(p)
		if err != nil {
			return err
		}
		if len(b) <= publish.MaxImage && ctx.Err() == nil {
			s.told(source, b)
		}
	}
}

// next takes a picture that may be drawn now; without one it says how long there will be none.
func (s *Sink) next(now time.Time) (source string, p *figure.Spectrogram, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait = time.Hour
	for name, p := range s.waiting {
		if left := s.drawn[name].Add(drawnEvery).Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		delete(s.waiting, name)
		s.drawn[name] = now
		return name, p, 0
	}
	return "", nil, wait
}

// encode writes the picture as PNG.
func encode(p *figure.Spectrogram) ([]byte, error) {
	for i, v := range p.Log {
		p.Log[i] = step * float32(int(v)/step)
	}
	var b bytes.Buffer
	err := p.EncodeSmall(&b)
	return b.Bytes(), err
}

// Source forgets what a source that is no more looked like.
func (s *Sink) Source(c sink.Source) {
	if s == nil {
		return
	}
	switch c.Phase {
	case status.Ended, status.Failed, status.Removed:
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.strips, c.Name)
		delete(s.drawn, c.Name)
	}
}

// Scores implements sink.Sink.
func (s *Sink) Scores(sink.Scores) {}

// Diagnostics implements sink.Sink.
func (s *Sink) Diagnostics(status.Status) {}
