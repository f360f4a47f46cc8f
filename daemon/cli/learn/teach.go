package learn

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/daemon/config"
	"earshot/daemon/feedback"
	"earshot/daemon/history/store"
	"earshot/daemon/models"
	"earshot/daemon/recordings"
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
	sets           []string
	nothing        []string
	own            []string // folders of the room alone, and of what was judged wrong
	asJSON         bool
	list, rollback bool
	anyway         bool
}

// teach is the command that teaches the daemon's model.
func (s Shell) teach() *cobra.Command {
	t := &teachFlags{trainFlags: trainFlags{Shell: s}}
	c := &cobra.Command{
		Use:   "teach [DIR…]",
		Short: "Teach the daemon sounds of your own, and take the new model if it is no worse",
		Long: `teach learns from folders as "earshot record" makes them (one sub-folder a label) and
measures the new model against the one in use: what that remembers of the labels it
knew, recordings left out in turn, minutes ON in quiet noise, false events on a bundled
half hour of speech and music, and with --none on recordings of yours that hold none of
the labels. Only when it is worse in nothing (one event more in that half hour is
allowed) is it kept in the state folder, with its card, and listened with from the next
"systemctl reload earshot" on. Models before it stay; --rollback goes back by one.

Without a folder it learns what was recorded on the page, in the state folder, and what
"earshot feedback" put there: labels with five recordings or more. What was judged
wrong is learned from as none of the labels in every teaching, and the new model must
not tell more of it, nor of the room alone, than the one in use.

A label that was taught before is taught anew from the recordings given now, and with
it those that were taught beside it: give their recordings too.`,
		Example: `  earshot record doorbell
  earshot teach recordings
  earshot teach recordings --none evenings/
  earshot teach                       what was recorded on the page
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
	f.StringArrayVar(&t.sets, "set", nil, "any setting of the configuration, as key=value; may be given several times")
	f.BoolVar(&t.asJSON, "json", false, "print a line of JSON for each step, and at last how the new model was measured")
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
	var more []config.Override
	for _, set := range t.sets {
		o, err := config.ParseOverride("--set", set)
		if err != nil {
			return t.Usage(err)
		}
		more = append(more, o)
	}
	f, err := config.Load(config.Find(t.config), more)
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
	}
	if f.Config.Model.Path != "" {
		return t.BadConfig(f.Issue("model.path", "%q: a taught model is listened with only where this is empty; leave it out, or use earshot train --init", f.Config.Model.Path))
	}
	own, err := recordings.Of(&f.Config)
	if err != nil {
		return t.Failed(err)
	}
	desk, err := feedback.Of(f, builtin.Default)
	if err == nil {
		err = desk.Collect(c.Context())
	}
	if err != nil && !errors.Is(err, store.ErrNone) {
		return t.Failed(err)
	}
	ui := t.ui(c)
	if len(dirs) == 0 {
		if dirs, err = t.recorded(own, ui); err != nil {
			return t.Usage(err)
		}
	}
	for _, dir := range append([]string{own.Dir}, dirs...) {
		for _, part := range []string{recordings.Not, recordings.Room} {
			if path := filepath.Join(dir, part); isFolder(path) && !slices.Contains(t.own, path) {
				t.own = append(t.own, path)
			}
		}
	}
	return t.learn(c, f, shelf, dirs, ui)
}

// recorded are the labels of the state folder that have recordings enough.
func (t *teachFlags) recorded(own recordings.Folder, ui job.UI) (dirs []string, err error) {
	all, err := own.List()
	if err != nil {
		return nil, err
	}
	for _, l := range all.Labels {
		if len(l.Takes) >= recordings.Enough {
			t.labels = append(t.labels, l.Label)
		} else {
			ui.Print("%s is not learned yet: it has %d recordings, want %d", l.Label, len(l.Takes), recordings.Enough)
		}
	}
	if len(t.labels) == 0 {
		return nil, fmt.Errorf("no recordings; want the folder that \"earshot record\" made, or %d recordings of a sound on the page", recordings.Enough)
	}
	return []string{own.Dir}, nil
}

// learn teaches, measures and takes.
func (t *teachFlags) learn(c *cobra.Command, f *config.File, shelf models.Shelf, dirs []string, ui job.UI) error {
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
	out, err := job.Run(c.Context(), o, ui)
	if err != nil {
		return t.exit(err)
	}
	v := judgement{memory: out.Memory, home: out.Home}
	if len(t.nothing) > 0 {
		if v.before, v.after, err = t.falseEvents(c, ui, t.nothing, before, o.Out); err != nil {
			return err
		}
	}
	if len(t.own) > 0 {
		if v.own[0], v.own[1], err = t.falseEvents(c, ui, t.own, before, o.Out); err != nil {
			return err
		}
	}
	if v.half, err = t.halfHour(c, ui, t.library, config.Find(t.config), t.threads, shelf.HalfHour(), before, o.Out); err != nil {
		return err
	}
	for _, line := range v.lines() {
		ui.Print("%s", line)
	}
	report := v.report(time.Now())
	report.Taken = len(report.Worse) == 0 || t.anyway
	if !report.Taken {
		t.tell(c, report)
		var texts []string
		for _, r := range report.Worse {
			texts = append(texts, r.Text)
		}
		return t.Failed(fmt.Errorf("the model in use stays: %s (--anyway takes the new one all the same)", strings.Join(texts, "; ")))
	}
	path, err := keep(shelf, o.Out, report)
	if err != nil {
		return t.Failed(err)
	}
	t.tell(c, report)
	ui.Print("taken: %s\nthe daemon listens with it after: systemctl reload earshot (or SIGHUP); earshot teach --rollback goes back", path)
	return nil
}

// job is the training: from the model in use, unless a label is taught anew.
func (t *teachFlags) job(old *infer.Model, dirs []string, out string) (job.Options, error) {
	set, err := dataset.Load(dataset.Options{Dirs: dirs, MinLabels: 1, Labels: t.labels})
	if err != nil {
		return job.Options{}, err
	}
	t.dirs, t.out, t.init = dirs, out, old.Path
	t.background = append(t.background, t.own...)
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
func (t *teachFlags) falseEvents(c *cobra.Command, ui job.UI, nothing []string, before, after string) (a, b *streamEvaluation, err error) {
	for _, m := range []struct {
		path string
		into **streamEvaluation
	}{{before, &a}, {after, &b}} {
		e := &evalFlags{Shell: t.Shell, path: m.path}
		e.none, e.streamFlags.config, e.library, e.threads, e.ui = nothing, config.Find(t.config), t.library, t.threads, &ui
		if *m.into, _, err = e.listened(c); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// keep puts a model and its card on the shelf.
func keep(shelf models.Shelf, path string, report *models.Report) (string, error) {
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
	return shelf.Put(b, md.Bytes(), report, report.At)
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
