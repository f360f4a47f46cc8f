package trainer

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"earshot/train"
)

// Running is what an unfinished epoch has summed up so far.
type Running struct {
	Loss, Norm float64
	Steps      int
	Seconds    float64
}

func (t *trainer) save() error {
	t.saved = time.Now()
	if t.cfg.Checkpoint == "" {
		return nil
	}
	c := &checkpoint{Arch: t.cfg.Arch, Recipe: t.cfg.Recipe, Seed: t.cfg.Seed, Data: t.data.Digest, Floor: t.cfg.Floor,
		Norm: t.norm, Labels: t.data.Labels, Step: t.step, Epoch: t.epoch, History: t.history,
		Hard: t.sampler.Hard(), MinedAt: t.minedAt, Mined: t.mined, vectors: t.engine.State()}
	return c.save(t.cfg.Checkpoint)
}

// sweep removes what a killed process left of an unfinished checkpoint beside path.
func sweep(path string) {
	if path == "" {
		return
	}
	entries, _ := os.ReadDir(filepath.Dir(path)) // a folder that is not there is told when saving
	for _, e := range entries {
		if n := e.Name(); e.Type().IsRegular() && strings.HasPrefix(n, "."+filepath.Base(path)+".") && strings.HasSuffix(n, ".tmp") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), n))
		}
	}
}

// Resumable says whether a training of d may go on from its checkpoint, before anything that takes long: nil where it may, and
// where there is none. Otherwise the error names what differs.
func (c Config) Resumable(d *train.Data) error {
	if !c.Resume || c.Checkpoint == "" {
		return nil
	}
	if _, err := os.Stat(c.Checkpoint); err != nil {
		return nil
	}
	_, err := c.load(d)
	return err
}

// load reads the checkpoint, which must be of this very training of d.
func (c Config) load(d *train.Data) (*checkpoint, error) {
	have, err := loadCheckpoint(c.Checkpoint)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		what       string
		have, want any
	}{
		{"network", have.Arch, c.Arch},
		{"recipe", have.Recipe, c.Recipe},
		{"label list", have.Labels, d.Labels},
		{"data", have.Data, d.Digest},
		{"seed", have.Seed, c.Seed},
		{"front end's floor", have.Floor, c.Floor},
	} {
		if differs := differences(part.have, part.want); differs != "" {
			return nil, c.refuse(part.what, differs)
		}
	}
	return have, nil
}

func (c Config) refuse(what, differs string) error {
	return fmt.Errorf("checkpoint %s is of another training, its %s differs: %s; start without --resume, or with the same flags, or name another file", c.Checkpoint, what, differs)
}

// restore takes the state from the checkpoint.
func (t *trainer) restore() error {
	c, err := t.cfg.load(t.data)
	if err != nil {
		return err
	}
	for name, v := range t.engine.State() {
		if len(c.vectors[name]) != len(v) {
			return t.cfg.refuse("vector "+name, fmt.Sprintf("it has %d numbers, now wanted are %d", len(c.vectors[name]), len(v)))
		}
	}
	for name, v := range t.engine.State() {
		copy(v, c.vectors[name])
	}
	if err := t.sampler.SetHard(c.Hard); err != nil {
		return t.cfg.refuse("background", err.Error())
	}
	t.step, t.history, t.epoch, t.norm, t.minedAt, t.mined = c.Step, c.History, c.Epoch, c.Norm, c.MinedAt, c.Mined
	return nil
}

// differences names the settings in which two values of one type differ, and how; "" for none.
func differences(have, want any) string {
	a, b := map[string]string{}, map[string]string{}
	flatten("", have, a)
	flatten("", want, b)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(merged(a, b))) {
		if x, y := a[key], b[key]; x != y {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s there, %s now", key, orNone(x), orNone(y))))
		}
	}
	if more := len(out) - 4; more > 0 {
		out = append(out[:4], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}

// flatten writes the JSON leaves of v by their path, as in Augment.Mix.
func flatten(path string, v any, into map[string]string) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("trainer: " + err.Error())
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		panic("trainer: " + err.Error())
	}
	join := func(key string) string { return strings.TrimPrefix(path+"."+key, ".") }
	switch tree := tree.(type) {
	case map[string]any:
		for k, x := range tree {
			flatten(join(k), x, into)
		}
	case []any:
		for i, x := range tree {
			flatten(join(fmt.Sprint(i+1)), x, into)
		}
	default:
		into[path] = string(text)
	}
}

func merged(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
