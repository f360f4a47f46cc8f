package learn

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"earshot/train/dataset"
	"earshot/train/scene"
)

// mixFlags are the flags of mix.
type mixFlags struct {
	Shell
	clips, labels, licences, background []string
	folds                               []int
	snr, density, band, out             string
	minutes, level                      float64
	seed                                uint64
	reverb, distance                    bool
}

// mix is the command that makes scenes.
func (s Shell) mix() *cobra.Command {
	m := mixFlags{Shell: s}
	c := &cobra.Command{
		Use:   "mix --clips FOLDER --out SCENE.flac",
		Short: "Mix labelled clips over backgrounds into a long recording with its truth",
		Long: `mix makes a long recording whose truth is known: clips of labelled sounds, placed
at random over backgrounds, for eval --stream to measure with. It writes the sound
(.flac or .wav) and, beside it, what sounds when (.tsv as DCASE has it, and .json
with how each event was made). The same command gives the same bytes.

The labels take turns, and every clip of a label comes once before any comes again.
An event's level is set over the background that plays under it (--snr, in dB over
the length of the sound). --distance puts each event 1 to 8 m away, softer and
duller; --reverb into a room of 0.15 to 1.2 s. --band sends the whole scene through
a sample rate or a telephone line. MP3 and AAC are not written here: encode the
finished scene with another program, its labels stay true.

What a model learned from says nothing about it: give --folds that it never saw.`,
		Example: `  earshot mix --clips esc50 --folds 4 --labels dog,siren,coughing --background speech/ --minutes 60 --out scene.flac
  earshot mix --clips esc50 --folds 4 --background music/ --snr -5:20 --density 60/h --reverb --distance --band 8000 --out phone.flac
  earshot eval --stream scene.flac --model mine.onnx`,
		Args: s.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.run(c) },
	}
	f := c.Flags()
	f.StringArrayVar(&m.clips, "clips", nil, "folder of labelled clips: ESC layout, or one sub-folder a label; may be given several times")
	f.StringSliceVar(&m.labels, "labels", nil, "only these labels (default: all)")
	f.IntSliceVar(&m.folds, "folds", nil, "only clips of these folds (default: all)")
	f.StringSliceVar(&m.licences, "licence", nil, "only clips under these licences, such as CC0,CC-BY")
	f.StringArrayVar(&m.background, "background", nil, "sound file, or folder of them, to mix over; may be given several times (default: a room's hush)")
	f.Float64Var(&m.minutes, "minutes", 60, "length of the scene")
	f.StringVar(&m.snr, "snr", "0:20", "level of the events over the background, lowest:highest, dB")
	f.StringVar(&m.density, "density", "60/h", "events an hour")
	f.Float64Var(&m.level, "level", -35, "level of the background, dBFS")
	f.Uint64Var(&m.seed, "seed", 1, "what everything random follows from")
	f.BoolVar(&m.reverb, "reverb", false, "put each event into a room of its own")
	f.BoolVar(&m.distance, "distance", false, "put each event 1 to 8 m away")
	f.StringVar(&m.band, "band", "", "what the scene goes through: a sample rate such as 8000 or 16000 (Hz), or telephone")
	f.StringVarP(&m.out, "out", "o", "", "sound file to write, .flac or .wav")
	return c
}

func (m *mixFlags) run(c *cobra.Command) error {
	o, err := m.options()
	if err != nil {
		return err
	}
	ctx := c.Context()
	bar := newUI(c.ErrOrStderr(), c.OutOrStdout()).Bar("mixing")
	t, err := scene.Write(ctx, m.out, o, func(done, total int) { bar(done, total, "s") })
	if err != nil {
		return m.exit(err)
	}
	stem := strings.TrimSuffix(m.out, filepath.Ext(m.out))
	fmt.Fprintf(c.OutOrStdout(), "%s: %.1f min, %d events; what sounds when is in %s and %s\n", m.out, t.Seconds/60, len(t.Events), stem+".tsv", stem+".json")
	return nil
}

// options reads the flags and finds the files.
func (m *mixFlags) options() (o scene.Options, err error) {
	o = scene.Options{Minutes: m.minutes, Level: m.level, Reverb: m.reverb, Distance: m.distance, Band: m.band, Seed: m.seed}
	if len(m.clips) == 0 {
		return o, m.Usage(errors.New("no clips; name their folder with --clips"))
	}
	switch strings.ToLower(filepath.Ext(m.out)) {
	case ".flac", ".wav":
	default:
		return o, m.Usage(fmt.Errorf("--out %q: want a name that ends in .flac or .wav", m.out))
	}
	if o.SNR, err = span(m.snr); err != nil {
		return o, m.Usage(fmt.Errorf("--snr %w", err))
	}
	if o.PerHour, err = strconv.ParseFloat(strings.TrimSuffix(m.density, "/h"), 64); err != nil {
		return o, m.Usage(fmt.Errorf("--density %q: want events an hour, such as 60/h", m.density))
	}
	set, err := dataset.Load(dataset.Options{Dirs: m.clips, Labels: m.labels, Licences: m.licences, MinLabels: 1})
	if err != nil {
		return o, err
	}
	o.Labels, o.Clips = set.Labels, set.Clips
	if len(m.folds) > 0 {
		for _, f := range m.folds {
			if !slices.Contains(set.FoldNumbers(), f) {
				return o, m.Usage(fmt.Errorf("--folds %d: the clips have folds %v", f, set.FoldNumbers()))
			}
		}
		o.Clips = set.Folds(m.folds...)
	}
	if len(m.background) > 0 {
		if o.Background, err = m.SoundFiles(m.background); err != nil {
			return o, m.BadSound(err)
		}
	}
	if err := o.Validate(); err != nil {
		return o, m.Usage(err)
	}
	return o, nil
}

// span reads "lowest:highest", or one number for both.
func span(text string) (v [2]float64, err error) {
	low, high, two := strings.Cut(text, ":")
	if !two {
		high = low
	}
	var errs [2]error
	v[0], errs[0] = strconv.ParseFloat(low, 64)
	v[1], errs[1] = strconv.ParseFloat(high, 64)
	if errors.Join(errs[:]...) != nil {
		return v, fmt.Errorf("%q: want two numbers, such as -5:20", text)
	}
	return v, nil
}
