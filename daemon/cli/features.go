package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"earshot/daemon/config"
	"earshot/gammatone"
	"earshot/internal/atomicfile"
	"earshot/internal/audio"
	"earshot/internal/figure"
)

// featuresOptions are the flags of features.
type featuresOptions struct {
	out, model, config string
	floor              float64
	floorGiven, npy    bool
	width, height      int
}

func newFeaturesCmd() *cobra.Command {
	var o featuresOptions
	c := &cobra.Command{
		Use:   "features FILE -o OUT.png|OUT.npy",
		Short: "Show what the network hears in a file",
		Long: `features turns a sound file (WAV, FLAC, Ogg, MP3, M4A, …; any rate, any channels) into
what the network sees of it: the energy in 128 gammatone bands from 50 Hz to 22 kHz,
one frame every 11.6 ms, in dB. "-" is standard input, and standard output: a picture, or
numbers with --npy.

OUT.png is a picture: time along, the bands' centre frequencies up, the level in
colour over the loudest 90 dB; beside it the delta, the slope over 9 frames. With
--model the network's attention is drawn over the first (the dashed line is an even
attention), and what it heard along the top.

OUT.npy is the numbers, for NumPy: float32, frames × 128, dB.

The floor is the energy below which all is silence; 1e-10 is −100 dB. With --model it
is the one that the model was trained with.`,
		Example: `  earshot features bark.wav -o bark.png
  earshot features bark.wav -o bark.png --model built-in
  earshot features bark.wav -o bark.npy --floor 1e-6
  sox in.aiff -t wav - | earshot features - -o - > in.png`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("features wants one FILE; found %d", len(args)))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.floorGiven = c.Flags().Changed("floor")
			return runFeatures(c, args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "output", "o", "", "file to write; its ending, .png or .npy, says what")
	f.BoolVar(&o.npy, "npy", false, "write numbers whatever the output is called")
	f.Float64Var(&o.floor, "floor", gammatone.Default().Floor, "least energy, above 0 and at most 1")
	f.StringVarP(&o.model, "model", "m", "", `model file whose floor is used and whose attention is drawn; "built-in" is the one in this binary`)
	f.StringVarP(&o.config, "config", "c", "", "configuration file, for its inference settings")
	f.IntVar(&o.width, "width", 0, "width of the picture in pixels, 600 to 20000 (default 2000)")
	f.IntVar(&o.height, "height", 0, "height of the picture in pixels, 300 to 20000 (default 720)")
	return c
}

// check returns everything that is wrong with the flags.
func (o featuresOptions) check() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch ext := strings.ToLower(filepath.Ext(o.out)); {
	case o.out == "":
		fault("no output: want -o with a name that ends in .png or .npy")
	case !o.npy && o.out != stdio && ext != ".png" && ext != ".npy":
		fault("--output %q: want a name that ends in .png or .npy", o.out)
	}
	if !(o.floor >= 1e-30 && o.floor <= 1) {
		fault("--floor %v: want 1e-30 to 1, such as 1e-10", o.floor)
	}
	if o.floorGiven && o.model != "" {
		fault("--floor and --model: want one of them, the model has its own floor")
	}
	if o.width != 0 && (o.width < 600 || o.width > 20000) {
		fault("--width %d: want 600 to 20000 pixels", o.width)
	}
	if o.height != 0 && (o.height < 300 || o.height > 20000) {
		fault("--height %d: want 300 to 20000 pixels", o.height)
	}
	return usage(errors.Join(errs...))
}

func runFeatures(c *cobra.Command, path string, o featuresOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	cfg := gammatone.Default()
	cfg.Floor = o.floor
	var view *attentionView
	if o.model != "" {
		settings, err := config.Load(config.Find(o.config), nil)
		if err != nil {
			return fail(exitConfig, err)
		}
		if view, err = newAttentionView(settings.Config, o.model); err != nil {
			return err
		}
		defer view.close()
		cfg = view.front
	}
	input, err := takeStdin(c.InOrStdin(), []string{path})
	if err != nil {
		return fail(exitAudio, err)
	}
	defer input.close()
	log, samples, err := logFrames(input.path(path), cfg)
	if err != nil {
		return fail(exitAudio, input.named(err))
	}
	frames := len(log) / cfg.Bands
	fill := func(w io.Writer) error { return figure.EncodeNPY(w, log, frames, cfg.Bands) }
	if !o.npy && !strings.EqualFold(filepath.Ext(o.out), ".npy") {
		if fill, err = drawFeatures(c.ErrOrStderr(), path, o, cfg, log, samples, view); err != nil {
			return err
		}
	}
	if o.out == stdio {
		return fill(c.OutOrStdout())
	}
	if err := atomicfile.Write(o.out, 0o644, fill); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %d frames × %d bands, %.2f s, floor %.0f dB\n", o.out, frames, cfg.Bands,
		float64(samples)/float64(cfg.SampleRate), 10*math.Log10(cfg.Floor))
	return nil
}

// logFrames reads a file as log-gammatone frames, (frame, band) in dB, without
// holding its samples, and returns how many of these there were.
func logFrames(path string, cfg gammatone.Config) (log []float32, samples int, err error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	mono, err := audio.Mono(r, cfg.SampleRate, audio.Mix)
	if err != nil {
		return nil, 0, err
	}
	front := gammatone.NewFrontEnd(cfg)
	limit := int(audio.MaxWhole.Seconds()) * cfg.SampleRate
	rest, buf := []float32{}, make([]float32, 64*cfg.HopSamples)
	for {
		n, err := mono.Read(buf)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, err
		}
		if samples += n; samples > limit {
			return nil, 0, &audio.Error{Path: path, Kind: errors.New("too long for one picture"), Want: "at most " + audio.MaxWhole.String()}
		}
		rest = append(rest, buf[:n]...)
		log = append(log, front.BatchLog(rest)...)
		rest = append(rest[:0], rest[cfg.Frames(len(rest))*cfg.HopSamples:]...)
	}
	if len(log) == 0 {
		return nil, 0, &audio.Error{Path: path, Kind: audio.ErrEmpty, What: fmt.Sprintf("%d samples at %d Hz are no whole frame", samples, cfg.SampleRate),
			Want: fmt.Sprintf("at least %d", cfg.FrameSamples)}
	}
	return log, samples, nil
}

// drawFeatures makes the picture, and returns what writes it.
func drawFeatures(stderr io.Writer, path string, o featuresOptions, cfg gammatone.Config, log []float32, samples int, view *attentionView) (func(io.Writer) error, error) {
	s := &figure.Spectrogram{
		Title: fmt.Sprintf("%s   %.2f s", filepath.Base(path), float64(samples)/float64(cfg.SampleRate)),
		Log:   log, Delta: wholeDelta(log, cfg), BandHz: gammatone.CentreFrequencies(cfg),
		FrameS: float64(cfg.HopSamples) / float64(cfg.SampleRate), StartS: float64(cfg.FrameSamples) / 2 / float64(cfg.SampleRate),
		WidthPX: o.width, HeightPX: o.height,
	}
	if view != nil {
		if len(log) < cfg.WindowFrames*cfg.Bands {
			fmt.Fprintf(stderr, "earshot: %s is shorter than the network's window of %.2f s: no attention to draw\n", path, float64(cfg.WindowSamples())/float64(cfg.SampleRate))
		} else if err := view.addTo(s); err != nil {
			return nil, fail(exitModel, err)
		}
	}
	return s.EncodePNG, nil
}

// wholeDelta is the delta over the whole file, (frame, band), dB a frame; nil
// when the file is too short for one. (The network's own is local to its windows:
// it differs in the first and last four frames of each.)
func wholeDelta(log []float32, cfg gammatone.Config) []float32 {
	frames := len(log) / cfg.Bands
	if frames < cfg.DeltaWidth {
		return nil
	}
	delta := make([]float32, len(log))
	row, slope := make([]float32, frames), make([]float32, frames)
	for b := range cfg.Bands {
		for t := range row {
			row[t] = log[t*cfg.Bands+b]
		}
		gammatone.Delta(slope, row, 1, frames, cfg.DeltaWidth)
		for t, v := range slope {
			delta[t*cfg.Bands+b] = v
		}
	}
	return delta
}
