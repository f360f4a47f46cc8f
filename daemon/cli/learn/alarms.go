package learn

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"earshot/daemon/streams"
	"earshot/internal/audio"
	"earshot/train/background"
	"earshot/train/dataset"
	"earshot/train/metrics/stream"
)

const (
	clipsTogether = 20 // clips that follow each other in one recording
	alarmRate     = 44100

	maxNoiseMinutes = 24 * 60
)

// heardClips is what the daemon would tell of clips.
type heardClips struct {
	Clips   int     `json:"clips"`
	Hundred float64 `json:"false_per_100_clips"` // of all watched labels together
	InNoise int     `json:"false_in_noise"`
	*streamEvaluation
}

// heardAlarms plays the clips of the chosen folds one after another, in an order drawn from the seed, to the daemon's own path, and then noise and
// hum, where every event is false.
func (e *evalFlags) heardAlarms(c *cobra.Command) (*heardClips, error) {
	set, err := dataset.Load(e.set())
	if err != nil {
		return nil, e.exit(err)
	}
	l, err := e.listener(c)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "earshot-alarms-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	folds := e.folds
	if len(folds) == 0 {
		folds = set.FoldNumbers()
	}
	clips := set.Folds(folds...)
	inputs := make([]streams.Input, 2)
	if inputs[0], err = e.clipsInARow(c.Context(), set.Labels, clips, dir); err != nil {
		return nil, e.exit(err)
	}
	if inputs[1], err = noise(c.Context(), dir, e.noiseMinutes, e.seed); err != nil {
		return nil, e.exit(err)
	}
	found, err := e.listen(c, l, inputs)
	if err != nil {
		return nil, err
	}
	told := found.Kinds
	return &heardClips{Clips: len(clips), Hundred: 100 * float64(told[0].All.False) / float64(max(1, len(clips))), InNoise: told[1].All.False, streamEvaluation: found}, nil
}

// clipsInARow writes recordings to dir in which the clips follow each other. What sounds in a clip is its label from end to end.
func (e *evalFlags) clipsInARow(ctx context.Context, labels []string, clips []dataset.Clip, dir string) (in streams.Input, err error) {
	in.Name = "clips one after another"
	rand.New(rand.NewPCG(e.seed, 0xa1a2)).Shuffle(len(clips), func(i, j int) { clips[i], clips[j] = clips[j], clips[i] })
	for len(clips) > 0 && ctx.Err() == nil {
		n := min(clipsTogether, len(clips))
		var x []float32
		truth := []stream.Reference{}
		for _, c := range clips[:n] {
			y, err := audio.ReadMono(c.Path, alarmRate)
			if err != nil {
				continue // the figures of the clips have told of it
			}
			began := float64(len(x)) / alarmRate
			x = append(x, y...)
			truth = append(truth, stream.Reference{Label: labels[c.Label], Onset: began, Offset: float64(len(x)) / alarmRate})
		}
		path := filepath.Join(dir, fmt.Sprintf("clips-%03d.wav", len(in.Paths)))
		if err := audio.WriteWAV16(path, x, alarmRate); err != nil {
			return in, err
		}
		in.Paths = append(in.Paths, path)
		in.Labels = append(in.Labels, truth)
		clips = clips[n:]
	}
	return in, ctx.Err()
}

// noise writes recordings of a minute to dir: noise and hum of many colours and levels.
func noise(ctx context.Context, dir string, minutes int, seed uint64) (in streams.Input, err error) {
	in.Name = "noise and hum"
	for i := 0; i < minutes && ctx.Err() == nil; i++ {
		x, _ := background.Synth(i, 60*alarmRate, seed+0x9e1e7)
		path := filepath.Join(dir, fmt.Sprintf("noise-%03d.wav", i))
		if err := audio.WriteWAV16(path, x, alarmRate); err != nil {
			return in, err
		}
		in.Paths = append(in.Paths, path)
	}
	return in, ctx.Err()
}

func printAlarms(w io.Writer, h *heardClips) {
	fmt.Fprintln(w)
	printStreams(w, *h.streamEvaluation)
	fmt.Fprintf(w, "\nof %d clips one after another: %.1f false events of the watched labels per 100 clips; in %.1f h of noise and hum: %d\n",
		h.Clips, h.Hundred, h.Kinds[1].Hours, h.InNoise)
}
