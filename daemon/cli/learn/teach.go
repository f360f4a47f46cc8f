package learn

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/daemon/config"
	"earshot/daemon/models"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/readfile"
	"earshot/train/card"
	"earshot/train/dataset"
	"earshot/train/job"
)

// teachFlags are the flags of teach.
type teachFlags struct {
	trainFlags
	config         string
	nothing        []string
	list, rollback bool
	anyway         bool
}

// roomFolder is where "earshot record" keeps the room, beside the labels' folders.
const roomFolder = ".room"

// teach is the command that teaches the daemon's model.
func (s Shell) teach() *cobra.Command {
	t := &teachFlags{trainFlags: trainFlags{Shell: s}}
	c := &cobra.Command{
		Use:   "teach DIR…",
		Short: "Teach the daemon sounds of your own, and take the new model if it is no worse",
		Long: `teach learns from folders as "earshot record" makes them (one sub-folder a label) and
measures the new model against the one in use: what that remembers of the labels it
knew, recordings left out in turn, minutes ON in quiet noise, and with --none false
events on recordings that hold none of the labels. Only when it is worse in nothing
is it kept in the state folder, with its card, and listened with from the next
"systemctl reload earshot" on. Models before it stay; --rollback goes back by one.

A label that was taught before is taught anew from the recordings given now, and with
it those that were taught beside it: give their recordings too.`,
		Example: `  earshot record doorbell
  earshot teach recordings
  earshot teach recordings --none evenings/
  earshot teach --list
  earshot teach --rollback`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args) },
	}
	// The settings of train with their defaults, of which few are shown here.
	t.add(&cobra.Command{})
	f := c.Flags()
	f.StringVarP(&t.config, "config", "c", "", "configuration file (default $EARSHOT_CONFIG, "+config.SystemPath+", else built-in settings)")
	f.StringArrayVar(&t.nothing, "none", nil, "recording, or folder of them, that holds none of the labels: speech, music, an evening at home; may be given several times")
	f.StringSliceVar(&t.background, "background", nil, "folders with more recordings of your own rooms")
	f.BoolVar(&t.list, "list", false, "list the models that were taught")
	f.BoolVar(&t.rollback, "rollback", false, "go back to the model before")
	f.BoolVar(&t.anyway, "anyway", false, "take the new model even if it is worse")
	f.StringVar(&t.cache, "cache", defaultCache(), "folder for computed features (empty: none)")
	f.StringVar(&t.library, "onnxruntime", "", "libonnxruntime.so (default: searched for)")
	f.IntVar(&t.threads, "threads", 0, "processor threads (0: all)")
	c.MarkFlagsMutuallyExclusive("list", "rollback")
	return c
}

// run carries the flags out.
func (t *teachFlags) run(c *cobra.Command, dirs []string) error {
	f, err := config.Load(config.Find(t.config), nil)
	if err != nil {
		return t.BadConfig(err)
	}
	shelf, err := models.Open(&f.Config)
	if err != nil {
		return t.Failed(err)
	}
	switch {
	case t.list:
		return t.Failed(t.show(c, shelf))
	case t.rollback:
		return t.Failed(goBack(c, shelf))
	case len(dirs) == 0:
		return t.Usage(errors.New("no recordings; want the folder that \"earshot record\" made"))
	}
	if f.Config.Model.Path != "" {
		return t.BadConfig(f.Issue("model.path", "%q: a taught model is listened with only where this is empty; leave it out, or use earshot train --init", f.Config.Model.Path))
	}
	return t.learn(c, f, shelf, dirs)
}

// learn teaches, measures and takes.
func (t *teachFlags) learn(c *cobra.Command, f *config.File, shelf models.Shelf, dirs []string) error {
	before, err := models.File(f)
	if err != nil {
		return t.BadConfig(err)
	}
	old, err := t.Model(before)
	if err != nil {
		return t.BadModel(err)
	}
	work, err := os.MkdirTemp("", "earshot-teach-")
	if err != nil {
		return t.Failed(err)
	}
	defer os.RemoveAll(work)
	o, err := t.job(old, dirs, filepath.Join(work, "new.onnx"))
	if err != nil {
		return t.Usage(err)
	}
	if err := infer.Init(t.library); err != nil {
		return t.BadModel(err)
	}
	ctx := c.Context()
	ui := newUI(c.ErrOrStderr(), c.OutOrStdout())
	out, err := job.Run(ctx, o, ui)
	if err != nil {
		return t.exit(err)
	}
	v := judgement{memory: out.Memory, home: out.Home}
	if len(t.nothing) > 0 {
		if v.before, v.after, err = t.falseEvents(c, before, o.Out); err != nil {
			return err
		}
	}
	worse := v.worse()
	for _, line := range v.lines() {
		ui.Print("%s", line)
	}
	if len(worse) > 0 && !t.anyway {
		return t.Failed(fmt.Errorf("the model in use stays: %s (--anyway takes the new one all the same)", strings.Join(worse, "; ")))
	}
	path, err := keep(shelf, o.Out)
	if err != nil {
		return t.Failed(err)
	}
	ui.Print("taken: %s\nthe daemon listens with it after: systemctl reload earshot (or SIGHUP); earshot teach --rollback goes back", path)
	return nil
}

// job is the training: from the model in use, unless a label is taught anew.
func (t *teachFlags) job(old *infer.Model, dirs []string, out string) (job.Options, error) {
	set, err := dataset.Load(dataset.Options{Dirs: dirs, MinLabels: 1})
	if err != nil {
		return job.Options{}, err
	}
	t.dirs, t.out, t.init = dirs, out, old.Path
	for _, dir := range dirs {
		if room := filepath.Join(dir, roomFolder); isFolder(room) {
			t.background = append(t.background, room)
		}
	}
	o, err := t.options()
	if err != nil {
		return o, err
	}
	var again []string
	for _, l := range set.Labels {
		if slices.Contains(old.Taught, l) {
			again = append(again, l)
		} else if old.Index(l) >= 0 {
			return o, fmt.Errorf("the model knows %s already; call yours otherwise, such as my_%s", l, l)
		}
	}
	o.Init, o.InitBytes = "", old.Bytes
	if len(again) == 0 {
		return o, nil
	}
	o.InitBytes = builtin.Default()
	for _, l := range old.Taught {
		if !slices.Contains(set.Labels, l) {
			return o, fmt.Errorf("%s is taught anew, and that begins with the model in the binary; give the recordings of %s too, which was taught beside it", strings.Join(again, ", "), l)
		}
	}
	return o, nil
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// falseEvents are what both models tell of recordings that hold none of the labels.
func (t *teachFlags) falseEvents(c *cobra.Command, before, after string) (a, b *streamEvaluation, err error) {
	for _, m := range []struct {
		path string
		into **streamEvaluation
	}{{before, &a}, {after, &b}} {
		e := &evalFlags{Shell: t.Shell, path: m.path}
		e.none, e.streamFlags.config, e.library, e.threads = t.nothing, config.Find(t.config), t.library, t.threads
		if *m.into, _, err = e.listened(c); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// keep puts a model and its card on the shelf.
func keep(shelf models.Shelf, path string) (string, error) {
	const most = 256 << 20
	b, err := readfile.Bytes(path, most)
	if err != nil {
		return "", err
	}
	m, err := infer.ParseModel(path, b)
	if err != nil {
		return "", err
	}
	told, err := card.Read(m)
	if err != nil {
		return "", err
	}
	var md bytes.Buffer
	if err := told.Markdown(&md, "Taught model"); err != nil {
		return "", err
	}
	return shelf.Put(b, md.Bytes(), time.Now())
}

// show lists the shelf.
func (t *teachFlags) show(c *cobra.Command, shelf models.Shelf) error {
	all, err := shelf.List()
	if err != nil {
		return err
	}
	using := false
	for _, e := range all {
		mark := " "
		if e.InUse {
			mark, using = "*", true
		}
		m, err := t.Model(e.Path)
		if err != nil {
			fmt.Fprintf(c.OutOrStdout(), "%s %s  cannot be read: %v\n", mark, e.Path, err)
			continue
		}
		fmt.Fprintf(c.OutOrStdout(), "%s %s  %s\n", mark, e.Path, strings.Join(m.Taught, ", "))
	}
	if !using {
		fmt.Fprintln(c.OutOrStdout(), "* the model in the binary")
	}
	return nil
}

func goBack(c *cobra.Command, shelf models.Shelf) error {
	path, err := shelf.Back()
	if err == nil {
		if path == "" {
			path = "the model in the binary"
		}
		fmt.Fprintf(c.OutOrStdout(), "back to %s; the daemon listens with it after: systemctl reload earshot (or SIGHUP)\n", path)
	}
	return err
}

// judgement is a new model beside the one in use.
type judgement struct {
	memory        job.Rehearsal
	home          *job.Home
	before, after *streamEvaluation // on recordings that hold none of the labels; nil: none were given
}

// leastHeard is the share of recordings left out that a taught label must hear to be worth anything.
const leastHeard = 0.75

// allowed is how many events new labels may tell of so many hours that hold none: one in half an hour.
func allowed(hours float64) int { return max(1, int(math.Ceil(2*hours))) }

// worse says in what the new model is worse.
func (v judgement) worse() (in []string) {
	if v.memory.After < v.memory.Before {
		in = append(in, fmt.Sprintf("of %d remembered windows of the labels it knew it names %d right, and named %d", v.memory.Windows, v.memory.After, v.memory.Before))
	}
	if v.home != nil {
		for _, l := range v.home.Labels {
			if share := float64(l.Heard) / float64(max(1, l.Hearings)); l.Hearings > 0 && share < leastHeard {
				in = append(in, fmt.Sprintf("%s is heard in %.0f %% of the recordings that were left out, want %.0f %%", l.Label, 100*share, 100*leastHeard))
			}
			if on := l.RoomsOn + l.NoiseOn; on > 0 {
				in = append(in, fmt.Sprintf("%s is ON for %.1f min in %.0f min of quiet noise", l.Label, on, v.home.Rooms+v.home.Noise))
			}
		}
	}
	if v.before == nil {
		return in
	}
	old, fresh := v.events()
	if old > v.before.All.False {
		in = append(in, fmt.Sprintf("the labels it knew tell %d false events, and told %d", old, v.before.All.False))
	}
	if most := allowed(v.after.Hours); fresh > most {
		in = append(in, fmt.Sprintf("the new labels tell %d false events in %.1f h, want at most %d", fresh, v.after.Hours, most))
	}
	return in
}

// events are the new model's false ones, of labels that it knew and of new ones.
func (v judgement) events() (old, fresh int) {
	for _, l := range v.after.Labels {
		if slices.Contains(v.before.Watched, l.Label) {
			old += l.False
		} else {
			fresh += l.False
		}
	}
	return old, fresh
}

// lines are the comparison for people.
func (v judgement) lines() []string {
	out := []string{fmt.Sprintf("labels it knew, remembered windows named right: %d of %d before, %d now", v.memory.Before, v.memory.Windows, v.memory.After)}
	if v.before == nil {
		return append(out, "false events on speech and music: not measured (--none FOLDER)")
	}
	old, fresh := v.events()
	return append(out, fmt.Sprintf("false events in %.2f h that hold none of the labels: labels it knew %d before, %d now; new labels %d", v.after.Hours, v.before.All.False, old, fresh))
}
