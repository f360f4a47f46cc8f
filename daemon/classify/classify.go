// Package classify names the sound in a file: it scores dense windows over the
// whole of it and takes the mean, as the paper does with a clip's windows.
//
// What it decides, where the paper leaves it open:
//
//   - Windows start every HopFrames frames, and one more ends with the file, so
//     that all of it is heard. Dense windows are more accurate than half
//     overlapping ones, because a sound's place in the window matters.
//   - A window of digital silence (nine tenths of its frames hold nothing that a
//     16-bit sample could) says nothing about the sound beside it and has no
//     vote; where the file holds nothing else, the window with the most sound
//     in it speaks for all. Training leaves such windows out too.
//   - A file shorter than one window is repeated until it fills one, see [Pad].
package classify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/audio"
)

// DefaultHopFrames is dense: 16 frames are 0.19 s.
const DefaultHopFrames = 16

// silentShare is the share of digitally silent frames above which a window has no vote.
const silentShare = 0.9

// Clip is what was heard in one file.
type Clip struct {
	Path    string
	Rate    int       // samples a second; times below are samples at this rate
	Samples int64     // length of the file
	Mean    []float64 // (K) mean probabilities of the windows that have a vote
	Windows []Window  // in order
	Voted   int       // windows that have a vote, at least 1
	Silent  bool      // the whole file is digital silence
	Padded  bool      // the file is shorter than a window
}

// Window is one window of a file.
type Window struct {
	At, End int64     // samples [At, End)
	Silent  bool      // digital silence: no vote
	Scores  []float32 // (K) probabilities; nil where nothing was computed for silence
	Peak    int64     // middle of the attention's greatest step, samples
}

// Classifier has one front end, one session and the buffers for one file at a
// time. It belongs to one goroutine.
type Classifier struct {
	session *infer.Session
	front   *gammatone.FrontEnd
	cfg     gammatone.Config
	hop     int

	x      []float32 // (MaxBatch, 2, 128, 128) windows waiting to be run
	at     []int     // their indices in clip.Windows
	scores []float32
	attend []float32
	clip   *Clip
	mute   mute
}

// mute is the window without a vote that holds the most sound. It speaks for a
// file in which no window has a vote.
type mute struct {
	x        []float32 // (2, 128, 128); empty when there is none
	index    int       // in clip.Windows
	sounding int       // frames that are not digital silence
}

// New makes a Classifier. hopFrames is 1 to a window's frames; 0 is [DefaultHopFrames].
// It panics on another hop, and when the front end's windows are not the session's.
func New(s *infer.Session, front gammatone.Config, hopFrames int) *Classifier {
	if hopFrames == 0 {
		hopFrames = DefaultHopFrames
	}
	if hopFrames < 1 || hopFrames > front.WindowFrames {
		panic(fmt.Sprintf("classify: hop of %d frames, want 1 to %d", hopFrames, front.WindowFrames))
	}
	if front.WindowLen() != infer.WindowLen {
		panic(fmt.Sprintf("classify: front end of %d values a window, the network takes %d", front.WindowLen(), infer.WindowLen))
	}
	return &Classifier{
		session: s, front: gammatone.NewFrontEnd(front), cfg: front, hop: hopFrames,
		x:      make([]float32, 0, s.MaxBatch*infer.WindowLen),
		scores: make([]float32, s.MaxBatch*s.Labels),
		attend: make([]float32, s.MaxBatch*s.Steps),
	}
}

// File classifies the sound file at path. Errors about the file are *audio.Error.
func (c *Classifier) File(ctx context.Context, path string) (*Clip, error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	mono, err := audio.Mono(r, c.cfg.SampleRate, audio.Mix)
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	clip, err := c.sound(ctx, mono)
	if err := errors.Join(err, mono.Close()); err != nil {
		return nil, err
	}
	if clip.Samples == 0 {
		return nil, &audio.Error{Path: path, Kind: audio.ErrEmpty, Want: "at least one sample"}
	}
	clip.Path = path
	return clip, nil
}

// sound classifies all that r gives.
func (c *Classifier) sound(ctx context.Context, r audio.MonoReader) (*Clip, error) {
	c.clip = &Clip{Rate: c.cfg.SampleRate, Mean: make([]float64, c.session.Labels)}
	c.x, c.at, c.mute.x = c.x[:0], c.at[:0], c.mute.x[:0]
	f := newFramer(c.front)
	next := 0 // start of the next window, frames
	buf := make([]float32, 64*c.cfg.HopSamples)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		f.push(buf[:n])
		for ; f.total >= next+c.cfg.WindowFrames; next += c.hop {
			if err := c.window(f, next); err != nil {
				return nil, err
			}
		}
		f.forget(next)
	}
	c.clip.Samples = f.samples
	if err := c.last(f, next); err != nil {
		return nil, err
	}
	return c.clip, c.finish()
}

// last takes the window that ends with the sound, and pads a sound shorter than one.
func (c *Classifier) last(f *framer, next int) error {
	switch frames := c.cfg.WindowFrames; {
	case f.samples == 0:
		return nil
	case f.total < frames:
		c.clip.Padded = true
		p := newFramer(c.front)
		p.push(Pad(f.head, c.cfg.WindowSamples()))
		return c.window(p, 0)
	case f.total > next-c.hop+frames:
		return c.window(f, f.total-frames)
	}
	return nil
}

// window notes the window that starts at a frame, and runs the batch when it is full.
func (c *Classifier) window(f *framer, start int) error {
	at := int64(start) * int64(c.cfg.HopSamples)
	w := Window{At: at, End: at + int64(c.cfg.WindowSamples())}
	sounding := c.cfg.WindowFrames - f.silentFrames(start, c.cfg.WindowFrames)
	w.Silent = float64(sounding) < (1-silentShare)*float64(c.cfg.WindowFrames)
	index := len(c.clip.Windows)
	c.clip.Windows = append(c.clip.Windows, w)
	switch {
	case !w.Silent:
		c.clip.Voted++
		return c.queue(f, start, index)
	case c.clip.Voted == 0 && (len(c.mute.x) == 0 || sounding > c.mute.sounding):
		c.mute = mute{append(c.mute.x[:0], make([]float32, infer.WindowLen)...), index, sounding}
		c.cfg.FillWindow(c.mute.x, f.frames(start))
	}
	return nil
}

func (c *Classifier) queue(f *framer, start, index int) error {
	n := len(c.x)
	c.x = c.x[:n+infer.WindowLen]
	c.cfg.FillWindow(c.x[n:], f.frames(start))
	c.at = append(c.at, index)
	if len(c.at) == c.session.MaxBatch {
		return c.run()
	}
	return nil
}

// run scores the windows that wait.
func (c *Classifier) run() error {
	n, k, t := len(c.at), c.session.Labels, c.session.Steps
	if n == 0 {
		return nil
	}
	if err := c.session.RunInto(c.x, n, c.scores[:n*k], c.attend[:n*t]); err != nil {
		return err
	}
	for i, index := range c.at {
		w := &c.clip.Windows[index]
		w.Scores = append([]float32(nil), c.scores[i*k:][:k]...)
		w.Peak = peak(*w, c.attend[i*t:][:t])
		for j, p := range w.Scores {
			c.clip.Mean[j] += float64(p)
		}
	}
	c.x, c.at = c.x[:0], c.at[:0]
	return nil
}

// finish takes the mean; where no window has a vote, the one with the most sound speaks for all.
func (c *Classifier) finish() error {
	if c.clip.Voted == 0 && len(c.mute.x) > 0 {
		c.clip.Silent, c.clip.Voted = c.mute.sounding == 0, 1
		c.x, c.at = append(c.x, c.mute.x...), append(c.at, c.mute.index)
	}
	if err := c.run(); err != nil {
		return err
	}
	for j := range c.clip.Mean {
		c.clip.Mean[j] /= float64(max(c.clip.Voted, 1))
	}
	return nil
}

// peak is the middle of the step of greatest attention.
func peak(w Window, attention []float32) int64 {
	best := 0
	for j, a := range attention {
		if a > attention[best] {
			best = j
		}
	}
	return w.At + (w.End-w.At)*int64(2*best+1)/int64(2*len(attention))
}
