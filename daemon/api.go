package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"earshot/daemon/api"
	"earshot/daemon/config"
	"earshot/daemon/feedback"
	"earshot/daemon/history"
	"earshot/daemon/history/store"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/source"
	"earshot/daemon/tune"
)

// api answers questions about the history of a configuration; nil where there is no place for one.
func (d *Daemon) api(f *config.File) http.Handler {
	path, err := history.Path(f)
	if err != nil {
		return nil
	}
	c := api.Config{Store: store.NewReader(path), Labels: d.knownLabels, Rule: d.rule, Clip: d.clipKept,
		MayChange: d.mayChange, Apply: d.applyRule, Undo: d.undoRule, Feedback: d.feedback, Mute: d.muteLabel, Taught: d.taught}
	if d.teacher != nil {
		c.Teacher = d.teacher
	}
	return api.New(c)
}

// mayChange tells whether who asks the page may change something: who knows its password, or sits at this machine.
func (d *Daemon) mayChange() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.page != nil && d.page.server.Sound()
}

// feedback takes what a person says of an event.
func (d *Daemon) feedback(ctx context.Context, event int64, verdict, actual string) error {
	d.mu.Lock()
	f := d.file
	d.mu.Unlock()
	desk, err := feedback.Of(f, d.opts.BuiltIn)
	if err != nil {
		return err
	}
	said, err := desk.Judge(ctx, event, verdict, actual)
	if err == nil {
		d.log.Info().Int64("event", event).Str("label", said.Event.Label).Msg(said.String())
	}
	return err
}

// muteLabel mutes a label, or takes that back, as over MQTT, which is told of it.
func (d *Daemon) muteLabel(at, label string, on bool) error {
	d.mu.Lock()
	known := slices.ContainsFunc(d.sources, func(s *source.Source) bool { return s.Name() == at })
	known = known && slices.ContainsFunc(d.rules.Watched, func(l rules.Label) bool { return l.ID == label })
	k := d.mqtt
	d.mu.Unlock()
	if !known {
		return fmt.Errorf("source %.80q, label %.80q: want a source that listens and a label or group that is watched", at, label)
	}
	m := sink.Mute{Source: at, Label: label, On: on}
	d.mute(m)
	k.Restore([]sink.Mute{m})
	return nil
}

// applyRule lays a label's rule over the configuration, and reloads. Where that is refused all stays as it was.
func (d *Daemon) applyRule(ctx context.Context, label string, r tune.Rule) error {
	return d.changeTuned(ctx, func() (back func() error, err error) {
		return d.adjusted.Apply(config.TunedLabel{Label: label, On: &r.On, Off: &r.Off, MinOn: &r.MinOn, Hold: &r.Hold, Cooldown: &r.Cooldown})
	})
}

// undoRule takes back what was set last, here or in Home Assistant.
func (d *Daemon) undoRule(ctx context.Context) error { return d.changeTuned(ctx, d.adjusted.Undo) }

func (d *Daemon) changeTuned(ctx context.Context, change func() (back func() error, err error)) error {
	d.tuning.Lock()
	defer d.tuning.Unlock()
	back, err := change()
	if err != nil {
		return err
	}
	if err := d.reloadNow(ctx); err != nil {
		return errors.Join(err, back())
	}
	return nil
}

// current are the rules of this moment at a source, and the rate of all sources in Hz. With "" they are those of the only source, or what
// counts at all.
func (d *Daemon) current(source string) (*rules.Rules, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if source == "" && len(d.sources) == 1 {
		source = d.sources[0].Name()
	}
	return d.rules.For(source, &d.adjusted), d.engine.Front.SampleRate
}

// knownLabels are those of the model, but for its name for nothing, and the groups.
func (d *Daemon) knownLabels() (all []api.Label) {
	r, _ := d.current("")
	watched := map[string]bool{}
	for _, l := range r.Watched {
		watched[l.ID] = true
	}
	for i, id := range r.IDs {
		if id == r.Smooth.Background {
			continue
		}
		l := api.Label{ID: id, Title: r.Titles[i], Group: i >= r.Single(), Watched: watched[id]}
		if l.Watched {
			rule := r.Smooth.Rule(i)
			l.On, l.Off = rule.On, rule.Off
		}
		all = append(all, l)
	}
	return all
}

func (d *Daemon) rule(label, source string) (tune.Rule, bool, error) {
	r, rate := d.current(source)
	return tune.RuleOf(r, label, rate)
}

// clipKept tells whether a clip is still in its folder.
func (d *Daemon) clipKept(name string) bool {
	dir := d.clipsDir()
	if dir == "" || name != filepath.Base(name) {
		return false
	}
	st, err := os.Stat(filepath.Join(dir, name))
	return err == nil && st.Mode().IsRegular()
}
