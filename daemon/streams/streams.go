// Package streams measures what the daemon would tell of long recordings: each is replayed through its own path, and
// the events are held against what sounds in it.
package streams

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"earshot/daemon/replay"
	"earshot/infer/smooth"
	"earshot/train/metrics/stream"
)

// Input is a recording, or several of a kind, and what sounds in them.
type Input struct {
	Name  string // of the kind, in the tables
	Paths []string
	// Labels are what sounds in each path; nil: none of the labels that are watched.
	Labels [][]stream.Reference
	// Put writes path i, which is removed once it has been played, and may set what sounds in it; nil: the files are there.
	Put func(i int) error
}

// Options are a measurement.
type Options struct {
	Inputs  []Input
	Smooth  smooth.Config
	Rate    int                                                                                             // of the sound that the network hears, Hz
	Watched []string                                                                                        // ids, in the order of the tables
	Play    func(ctx context.Context, path string, progress func(samples int64)) (*replay.Recording, error) // [replay.Player.Play]
	Told    func(path string, done, of int, seconds float64)                                                // how far it is; may be nil
}

// Result is what was measured.
type Result struct {
	Hours   float64         `json:"hours"`
	Watched []string        `json:"watched"`
	Kinds   []Kind          `json:"streams"`
	Labels  []stream.Counts `json:"labels"`
	All     stream.Counts   `json:"together"`
	PSDS1   *float64        `json:"psds1,omitempty"` // [stream.PSDS1]; nil where nothing is labelled
	PSDS2   *float64        `json:"psds2,omitempty"`
	Curves  []stream.DET    `json:"det"` // of each label, then of all together
	Unknown []string        `json:"unwatched_labels,omitempty"`
}

// Kind is one input's figures, over all watched labels.
type Kind struct {
	Name  string          `json:"name"`
	Files int             `json:"files"`
	Hours float64         `json:"hours"`
	All   stream.Counts   `json:"together"`
	Each  []stream.Counts `json:"labels"`
	Told  []Told          `json:"told"`
}

// Told are the events of one recording, in the order in which they ended.
type Told struct {
	Path   string         `json:"path"`
	Events []stream.Found `json:"events"`
}

// Measure replays every recording and scores what was told.
func Measure(ctx context.Context, o Options) (*Result, error) {
	var recordings []stream.Recording
	var played []*replay.Recording
	var kinds []Kind
	files := 0
	for _, in := range o.Inputs {
		files += len(in.Paths)
	}
	for _, in := range o.Inputs {
		first, told := len(recordings), []Told{}
		for i, path := range in.Paths {
			var progress func(int64)
			if o.Told != nil {
				progress = func(samples int64) {
					o.Told(path, len(recordings), files, float64(samples)/float64(o.Rate))
				}
			}
			r, err := in.play(ctx, i, o.Play, progress)
			if err != nil {
				return nil, fmt.Errorf("stream %q: %w", path, err)
			}
			rec := stream.Recording{Name: filepath.Base(path), Seconds: r.Seconds(), Found: o.found(r, r.Events)}
			if in.Labels != nil {
				rec.References = in.Labels[i]
			}
			recordings, played, told = append(recordings, rec), append(played, r), append(told, Told{path, rec.Found})
		}
		k := Kind{Name: in.Name, Files: len(in.Paths), Hours: stream.Hours(recordings[first:]), Told: told}
		k.Each, k.All = stream.Count(o.Watched, recordings[first:])
		kinds = append(kinds, k)
	}
	out := &Result{Hours: stream.Hours(recordings), Watched: o.Watched, Kinds: kinds, Unknown: o.unwatched(recordings)}
	out.Labels, out.All = stream.Count(o.Watched, recordings)
	points := o.sweep(played)
	out.Curves = stream.Curves(o.Watched, recordings, points)
	if out.All.References > 0 {
		one, two := stream.PSDS(o.Watched, recordings, points, stream.PSDS1), stream.PSDS(o.Watched, recordings, points, stream.PSDS2)
		out.PSDS1, out.PSDS2 = &one, &two
	}
	return out, nil
}

// play plays path i, with [Input.Put] before and after it.
func (in Input) play(ctx context.Context, i int, play func(context.Context, string, func(int64)) (*replay.Recording, error), progress func(int64)) (*replay.Recording, error) {
	if in.Put == nil {
		return play(ctx, in.Paths[i], progress)
	}
	defer os.Remove(in.Paths[i])
	if err := in.Put(i); err != nil {
		return nil, err
	}
	return play(ctx, in.Paths[i], progress)
}

// found are events in seconds, groups left out.
func (o Options) found(r *replay.Recording, events []replay.Event) []stream.Found {
	out := []stream.Found{}
	s := func(samples int64) float64 { return float64(samples) / float64(r.Rate) }
	for _, e := range events {
		if e.Label < len(o.Smooth.Labels) {
			out = append(out, stream.Found{Label: o.Smooth.Labels[e.Label], Onset: s(e.Onset), End: s(e.End), On: s(e.On), Off: s(e.Off), Score: e.Peak})
		}
	}
	return out
}

// unwatched are labels of the truth that nobody asked for.
func (o Options) unwatched(recordings []stream.Recording) []string {
	var out []string
	for _, r := range recordings {
		for _, x := range r.References {
			if !slices.Contains(o.Watched, x.Label) && !slices.Contains(out, x.Label) {
				out = append(out, x.Label)
			}
		}
	}
	slices.Sort(out)
	return out
}
