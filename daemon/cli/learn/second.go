package learn

import (
	"fmt"

	"github.com/spf13/pflag"

	"earshot/daemon/config"
	"earshot/daemon/halfhour"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/train/job"
	"earshot/verify"
)

// secondFlags say how a second opinion is learned; train and model share them.
type secondFlags struct {
	none        bool
	tune        []string
	falseAlarms string
}

// defaultFalseAlarms is of each label: those that are watched by default, together, stay below one in two hours.
const defaultFalseAlarms = "0.8/day"

func (s *secondFlags) add(f *pflag.FlagSet) {
	f.StringSliceVar(&s.tune, "tune", nil, "folders with recordings that hold none of the labels, never learned from: the second opinion's thresholds are found on them")
	f.StringVar(&s.falseAlarms, "false-alarms", defaultFalseAlarms, "how often a label may switch on on these recordings, as in 1/day or 0.1/hour")
}

// options are those of the second network in this binary.
func (s *secondFlags) options() (job.SecondOptions, error) {
	perHour, err := verify.ParseRate(s.falseAlarms)
	if err != nil {
		return job.SecondOptions{}, fmt.Errorf("--false-alarms %w", err)
	}
	if s.none {
		if len(s.tune) > 0 {
			return job.SecondOptions{}, fmt.Errorf("--tune finds a second opinion's thresholds, and --no-verify leaves it out; want one of them")
		}
		return job.SecondOptions{}, nil
	}
	m, err := embedder()
	if err != nil {
		return job.SecondOptions{}, err
	}
	o := job.SecondOptions{Embedder: m, Tune: s.tune, FalseAlarms: perHour, Hold: config.Default().Watch.Hold}
	if o.None, err = bundled(halfhour.None); err == nil {
		o.Negatives, err = bundled(halfhour.Thresholds)
	}
	return o, err
}

// bundled are the pieces of the half hour in this binary that are there for a use.
func bundled(use halfhour.Use) (p job.Pieces, err error) {
	p.Name = "speech and music in the program"
	p.Clips, p.All, err = halfhour.Pieces(use, verify.SampleRate)
	return p, err
}

// embedder is the second network in this binary.
func embedder() (*infer.EmbedderModel, error) {
	return infer.ParseEmbedder("built-in second network", builtin.Embedder())
}
