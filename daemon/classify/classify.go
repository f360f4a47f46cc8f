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
//   - With a second network the scores of each window that has a vote are those
//     of both, as the daemon makes them; the mean is that of these.
package classify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"earshot/daemon/opinion"
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
	Notes   []string  // what is wrong with the file and was mended or left out

	// Views (K) are the means of what each network said: the first of all windows that have a vote, the second of
	// those about which it was asked. nil without a second network.
	Views []opinion.Views
}

// Window is one window of a file.
type Window struct {
	At, End int64     // samples [At, End)
	Silent  bool      // digital silence: no vote
	Scores  []float32 // (K) probabilities; nil where nothing was computed for silence
	Peak    int64     // middle of the attention's greatest step, samples

	Views []opinion.Views // (K) what each network said; nil where nothing was computed, and without a second network
}

// Classifier has one front end, one session and the buffers for one file at a
// time. It belongs to one goroutine.
type Classifier struct {
	session *infer.Session
	stream  *gammatone.Stream // a window every frame: the last may start at any
	cfg     gammatone.Config
	hop     int

	second *opinion.Opinion // nil without a second network

	batch *infer.Batch
	at    []int // in clip.Windows, of the windows waiting in the batch

	// Of the file at hand.
	clip    *Clip
	head    []float32         // its start, up to one window: a short file is padded from it
	silence silence           // of the newest frames
	next    int64             // start of the next window, samples
	newest  *gammatone.Window // the one that ends with the newest frame; nil before the first
	mute    mute
	err     error // the first
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
	c := &Classifier{
		session: s, stream: gammatone.NewStream(front, 1, 1), cfg: front, hop: hopFrames,
		batch: s.NewBatch(), silence: silence{frames: make([]bool, front.WindowFrames)},
	}
	c.stream.Energies = c.silence.push
	return c
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
	notes := mono.Notes()
	if err := errors.Join(err, mono.Close()); err != nil {
		return nil, err
	}
	if clip.Samples == 0 {
		return nil, &audio.Error{Path: path, Kind: audio.ErrEmpty, Want: "at least one sample"}
	}
	clip.Path, clip.Notes = path, notes
	return clip, nil
}

// sound classifies all that r gives.
func (c *Classifier) sound(ctx context.Context, r audio.MonoReader) (*Clip, error) {
	c.clip = &Clip{Rate: c.cfg.SampleRate, Mean: make([]float64, c.session.Labels)}
	c.begin()
	c.at, c.head, c.mute.x, c.err = c.at[:0], c.head[:0], c.mute.x[:0], nil
	buf := make([]float32, 64*c.cfg.HopSamples)
	for c.err == nil {
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
		if room := c.cfg.WindowSamples() - len(c.head); room > 0 {
			c.head = append(c.head, buf[:min(room, n)]...)
		}
		c.hear(buf[:n])
		c.stream.Push(c.clip.Samples, buf[:n], false, c.window)
		c.clip.Samples += int64(n)
	}
	c.last()
	c.finish()
	return c.clip, c.err
}

// begin makes the stream start anew.
func (c *Classifier) begin() {
	c.stream.Reset()
	c.silence.reset()
	c.next, c.newest = 0, nil
}

// last takes the window that ends with the sound, and pads a sound shorter than one.
func (c *Classifier) last() {
	switch {
	case c.err != nil || c.clip.Samples == 0:
	case c.newest == nil:
		c.clip.Padded = true
		c.begin()
		x := Pad(c.head, c.cfg.WindowSamples())
		if c.second != nil {
			c.second.Hear(0, x, true)
		}
		c.stream.Push(0, x, false, c.window)
	case c.newest.At > c.next-int64(c.hop*c.cfg.HopSamples): // it has not been taken
		c.take(c.newest)
	}
}

// window sees every window, and takes those that start where a hop does.
func (c *Classifier) window(w *gammatone.Window) {
	c.newest = w
	if w.At == c.next {
		c.next += int64(c.hop * c.cfg.HopSamples)
		c.take(w)
	}
}

// take notes the newest window, and runs the batch when it is full.
func (c *Classifier) take(w *gammatone.Window) {
	sounding := c.cfg.WindowFrames - c.silence.count
	silent := float64(sounding) < (1-silentShare)*float64(c.cfg.WindowFrames)
	index := len(c.clip.Windows)
	c.clip.Windows = append(c.clip.Windows, Window{At: w.At, End: w.End, Silent: silent})
	switch {
	case !silent:
		c.clip.Voted++
		w.Fill(c.queue(index))
		if len(c.at) == c.session.MaxBatch {
			c.run()
		}
	case c.clip.Voted == 0 && (len(c.mute.x) == 0 || sounding > c.mute.sounding):
		c.mute = mute{append(c.mute.x[:0], make([]float32, infer.WindowLen)...), index, sounding}
		w.Fill(c.mute.x)
	}
}

// queue returns where a window that waits to be run is to be put.
func (c *Classifier) queue(index int) []float32 {
	c.at = append(c.at, index)
	return c.batch.X[(len(c.at)-1)*infer.WindowLen:][:infer.WindowLen]
}

// run scores the windows that wait.
func (c *Classifier) run() {
	k, t := c.session.Labels, c.session.Steps
	if len(c.at) == 0 || c.err != nil {
		return
	}
	if c.err = c.batch.Run(len(c.at)); c.err != nil {
		return
	}
	for i, index := range c.at {
		w := &c.clip.Windows[index]
		w.Scores = append([]float32(nil), c.batch.Scores[i*k:][:k]...)
		w.Peak = peak(*w, c.batch.Attention[i*t:][:t])
		if c.second != nil && !w.Silent { // of a window that speaks for a silent file the sound is gone
			c.ask(w)
		}
		for j, p := range w.Scores {
			c.clip.Mean[j] += float64(p)
		}
	}
	c.at = c.at[:0]
}

// finish takes the mean; where no window has a vote, the one with the most sound speaks for all.
func (c *Classifier) finish() {
	if c.clip.Voted == 0 && len(c.mute.x) > 0 {
		c.clip.Silent, c.clip.Voted = c.mute.sounding == 0, 1
		copy(c.queue(c.mute.index), c.mute.x)
	}
	c.run()
	for j := range c.clip.Mean {
		c.clip.Mean[j] /= float64(max(c.clip.Voted, 1))
	}
	if c.second != nil {
		c.clip.Views = c.views()
	}
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
