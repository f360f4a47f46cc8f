package learn

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"earshot/daemon/streams"
	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/train/background"
	"earshot/train/dataset"
	"earshot/train/metrics/stream"
)

const (
	clipsTogether   = 20 // clips that follow each other in one recording
	maxNoiseMinutes = 24 * 60
)

// heardClips is what the daemon would tell of clips.
type heardClips struct {
	Clips        int     `json:"clips"`
	FalsePer100  float64 `json:"false_per_100_clips"` // of all watched labels together
	FalseInNoise int     `json:"false_in_noise"`
	*streamEvaluation
}

// hearClips plays the clips of the chosen folds one after another, in an order drawn from the seed, to the daemon's own path, and then noise and
// hum, where every event is false.
func (e *evalFlags) hearClips(c *cobra.Command, l listener) (*heardClips, error) {
	set, err := dataset.Load(e.set())
	if err != nil {
		return nil, e.exit(err)
	}
	folds := e.folds
	if len(folds) == 0 {
		folds = set.FoldNumbers()
	}
	dir, err := os.MkdirTemp("", "earshot-alarms-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	clips := inARow(set.Labels, set.Folds(folds...), e.seed, dir)
	found, err := e.listen(c, l, []streams.Input{clips, noise(e.noiseMinutes, e.seed, dir)})
	if err != nil {
		return nil, err
	}
	h := &heardClips{FalseInNoise: found.Kinds[1].All.False, streamEvaluation: found}
	for _, sounds := range clips.Labels {
		h.Clips += len(sounds)
	}
	h.FalsePer100 = 100 * float64(found.Kinds[0].All.False) / float64(max(1, h.Clips))
	return h, nil
}

// inARow are recordings, to be put into dir, in which clips follow each other. A clip's label sounds from its beginning to its end.
func inARow(labels []string, clips []dataset.Clip, seed uint64, dir string) streams.Input {
	rate := gammatone.Default().SampleRate
	rand.New(rand.NewPCG(seed, 0xa1a2)).Shuffle(len(clips), func(i, j int) { clips[i], clips[j] = clips[j], clips[i] })
	n := (len(clips) + clipsTogether - 1) / clipsTogether
	in := streams.Input{Name: "clips one after another", Paths: numbered(dir, "clips", n), Labels: make([][]stream.Reference, n)}
	in.Put = func(i int) error {
		var x []float32
		sounds := []stream.Reference{}
		for _, c := range clips[i*clipsTogether : min((i+1)*clipsTogether, len(clips))] {
			y, err := audio.ReadMono(c.Path, rate)
			if err != nil {
				continue // the figures of the clips have told of it
			}
			began := float64(len(x)) / float64(rate)
			x = append(x, y...)
			sounds = append(sounds, stream.Reference{Label: labels[c.Label], Onset: began, Offset: float64(len(x)) / float64(rate)})
		}
		in.Labels[i] = sounds
		return audio.WriteWAV16(in.Paths[i], x, rate)
	}
	return in
}

// noise are recordings of a minute, to be put into dir: noise and hum of many colours and levels.
func noise(minutes int, seed uint64, dir string) streams.Input {
	rate := gammatone.Default().SampleRate
	in := streams.Input{Name: "noise and hum", Paths: numbered(dir, "noise", minutes)}
	in.Put = func(i int) error {
		x, _ := background.Synth(i, 60*rate, seed+0x9e1e7)
		return audio.WriteWAV16(in.Paths[i], x, rate)
	}
	return in
}

// numbered are n paths in dir.
func numbered(dir, name string, n int) (paths []string) {
	for i := range n {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%s-%04d.wav", name, i)))
	}
	return paths
}

func printAlarms(w io.Writer, h *heardClips) {
	fmt.Fprintln(w)
	printStreams(w, *h.streamEvaluation)
	fmt.Fprintf(w, "\nof %d clips one after another: %.1f false events of the watched labels per 100 clips; in %.1f h of noise and hum: %d\n",
		h.Clips, h.FalsePer100, h.Kinds[1].Hours, h.FalseInNoise)
}
