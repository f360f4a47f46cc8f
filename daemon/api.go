package daemon

import (
	"net/http"
	"os"
	"path/filepath"

	"earshot/daemon/api"
	"earshot/daemon/config"
	"earshot/daemon/history"
	"earshot/daemon/history/store"
	"earshot/daemon/rules"
	"earshot/daemon/tune"
)

// api answers questions about the history of a configuration; nil where there is no place for one.
func (d *Daemon) api(f *config.File) http.Handler {
	path, err := history.Path(f)
	if err != nil {
		return nil
	}
	return api.New(api.Config{Store: store.NewReader(path), Labels: d.knownLabels, Rule: d.rule, Clip: d.clipKept})
}

// current are the rules of this moment, and the rate of all sources in Hz.
func (d *Daemon) current() (*rules.Rules, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rules, d.engine.Front.SampleRate
}

// knownLabels are those of the model, but for its name for nothing, and the groups.
func (d *Daemon) knownLabels() (all []api.Label) {
	r, _ := d.current()
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

func (d *Daemon) rule(label string) (tune.Rule, bool, error) {
	r, rate := d.current()
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
