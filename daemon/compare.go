package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/models"
	"earshot/daemon/replay"
	"earshot/daemon/rules"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/sampletime"
)

// A model that was pushed is held against the contract and the configuration's labels, and plays the clips kept here, as the one in use does.
const (
	maxExamples = 20 // clips, the newest
	examineTime = 5 * time.Minute
	leastShare  = 0.8 // of the clips that the model in use hears, which the new one must hear
)

var errWorse = errors.New("it hears fewer of the clips kept here")

// example is a clip that is kept, and what was heard in it.
type example struct{ path, label string }

// compareModels says how a new model does beside the one in use; an error says why it must not be taken.
func (d *Daemon) compareModels(ctx context.Context, f *config.File, file []byte) (measured string, err error) {
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	m, err := infer.ParseForeign("the pushed model", file)
	if err != nil {
		return "", err
	}
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return "", fmt.Errorf("its front end is not this program's: %w", err)
	}
	fresh, err := d.newHearing(ctx, f, m, front)
	if err != nil {
		return "", err
	}
	defer fresh.Close()
	if err := d.keepsPace(fresh, f, front); err != nil {
		return "", err
	}
	path, err := models.File(f)
	if err != nil {
		return "", err
	}
	old, front, err := engine.Load(path, d.opts.BuiltIn)
	if err != nil {
		return "", err
	}
	present, err := d.newHearing(ctx, f, old, front)
	if err != nil {
		return "", err
	}
	defer present.Close()
	for _, l := range present.rules.Watched {
		if !slices.ContainsFunc(fresh.rules.Watched, func(o rules.Label) bool { return o.ID == l.ID }) {
			return "", fmt.Errorf("%q is watched here, and the model does not know it", l.ID)
		}
	}
	all := examples(d.clipsDir(), m.Labels, old.Labels)
	now, before := 0, 0
	for _, e := range all {
		for _, h := range []struct {
			by    *hearing
			count *int
		}{{fresh, &now}, {present, &before}} {
			heard, err := h.by.hears(ctx, e)
			if err != nil {
				return "", fmt.Errorf("play %q: %w", filepath.Base(e.path), err)
			}
			if heard {
				*h.count++
			}
		}
	}
	if len(all) == 0 {
		return "no clips are kept here to measure it by", nil
	}
	measured = fmt.Sprintf("it hears %d of %d clips kept here, the one in use %d", now, len(all), before)
	if float64(now) < leastShare*float64(before) {
		return measured, fmt.Errorf("%w: %s", errWorse, measured)
	}
	return measured, nil
}

// keepsPace tells whether a model scores the windows of all sources in time, where the processor does that.
func (d *Daemon) keepsPace(h *hearing, f *config.File, front gammatone.Config) error {
	if d.status().Provider != "cpu" {
		return nil
	}
	takes, err := h.WindowTime()
	if err != nil {
		return err
	}
	sources := max(1, len(d.wanted(f)))
	every := sampletime.Span(int64(f.Config.Windows.HopFrames*front.HopSamples), front.SampleRate) / time.Duration(sources)
	if takes > every*time.Duration(max(1, f.Config.Inference.Threads)) {
		return fmt.Errorf("it takes %v for a window here, and one comes every %v", takes.Round(time.Millisecond), every.Round(time.Millisecond))
	}
	return nil
}

// hearing is a model that plays recordings as the daemon would hear them.
type hearing struct {
	*replay.Player
	rules *rules.Rules
}

func (d *Daemon) newHearing(ctx context.Context, f *config.File, m *infer.Model, front gammatone.Config) (*hearing, error) {
	second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
	if err != nil {
		return nil, err
	}
	r, err := rules.Resolve(f, m, front, second.Head)
	if err != nil {
		return nil, err
	}
	r = r.For("", &d.adjusted)
	c := f.Config
	p, err := replay.New(ctx, replay.Config{Model: m, Front: front, HopFrames: c.Windows.HopFrames, Smooth: r.Smooth, Cadence: r.Cadence,
		Second: second, Opinion: r.Opinion, Provider: "cpu", Precision: c.Inference.Precision, Threads: 1})
	if err != nil {
		return nil, err
	}
	return &hearing{p, r}, nil
}

// hears tells whether an event of the example's label begins in it.
func (h *hearing) hears(ctx context.Context, e example) (bool, error) {
	got, err := h.Play(ctx, e.path, nil)
	if err != nil {
		return false, err
	}
	i := h.rules.Index(e.label)
	return slices.ContainsFunc(got.Events, func(o replay.Event) bool { return o.Label == i }), nil
}

// examples are the newest clips of labels that both models know.
func examples(dir string, labels ...[]string) (all []example) {
	if dir == "" {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil // clips complain of their folder themselves
	}
	type dated struct {
		example
		at string
	}
	var found []dated
	for _, file := range files {
		best := ""
		heard, at, ok := clips.Heard(file.Name())
		for _, l := range labels[0] {
			if ok && strings.HasSuffix(heard, "_"+l) && len(l) > len(best) && slices.Contains(labels[1], l) {
				best = l
			}
		}
		if best != "" {
			found = append(found, dated{example{filepath.Join(dir, file.Name()), best}, at})
		}
	}
	slices.SortFunc(found, func(a, b dated) int { return strings.Compare(b.at, a.at) })
	for _, f := range found[:min(len(found), maxExamples)] {
		all = append(all, f.example)
	}
	return all
}
