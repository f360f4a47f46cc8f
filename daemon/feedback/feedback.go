// Package feedback takes what a person says of an event: that it was right, wrong, or really something else. The page, the API and
// "earshot feedback" all say it here.
//
// It is written into the history with the event. The clip of a wrong one becomes a negative that the next teaching uses and is measured on;
// where it is said what it really was, the clip becomes a recording of that instead. Both go into the folder of recordings (package
// recordings) as soon as they are judged, so that the clips' own retention takes nothing away before it has taught.
package feedback

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/history"
	"earshot/daemon/history/store"
	"earshot/daemon/recordings"
	"earshot/infer"
	"earshot/train/dataset"
)

// Desk is where feedback is given.
type Desk struct {
	Store      string // the history's path
	Clips      string // folder of clips
	Recordings recordings.Folder
	BuiltIn    func(label string) bool // whether the model in the binary knows a label: such a one is not taught
}

// Of is the desk of a configuration; builtIn is the model in the binary.
func Of(f *config.File, builtIn func() []byte) (Desk, error) {
	var d Desk
	m, err := infer.ParseModel("built-in", builtIn())
	if err != nil {
		return d, err
	}
	d.BuiltIn = func(label string) bool { return m.Index(label) >= 0 }
	if d.Store, err = history.Path(f); err != nil {
		return d, err
	}
	if d.Clips, err = clips.Folder(f); err != nil {
		return d, err
	}
	d.Recordings, err = recordings.Of(&f.Config)
	return d, err
}

// Said is what came of feedback.
type Said struct {
	Event    store.Event
	Teaches  string // label that its clip is now a recording of, "" for none
	Negative bool   // its clip teaches what the event's label is not
}

// String says it for people.
func (s Said) String() string {
	text := "judged " + s.Event.Verdict
	switch {
	case s.Event.Verdict == "":
		return "nothing is said of it any more"
	case s.Event.Actual != "":
		text += ", it was " + s.Event.Actual
	}
	switch {
	case s.Teaches != "":
		return text + "; its clip is now a recording of " + s.Teaches
	case s.Negative:
		return text + "; the next teaching learns to pass over its clip"
	case s.Event.Verdict == store.Wrong:
		return text + "; no clip of it is kept, so it teaches nothing (clips.enabled)"
	}
	return text
}

// ErrVerdict says that nobody can say that of an event.
var ErrVerdict = errors.New("want right, wrong, or is and a label")

// most is of how many judged events, the newest, clips are looked for.
const most = 500

// Judge says of the event with this number that it was store.Right or store.Wrong; actual is the label that it really was, where that is
// known, as a person writes it. A verdict of "" takes back what was said.
func (d Desk) Judge(ctx context.Context, id int64, verdict, actual string) (Said, error) {
	if actual != "" {
		label := dataset.ID(actual)
		if err := recordings.CheckLabel(label); err != nil {
			return Said{}, fmt.Errorf("%w: %w", ErrVerdict, err)
		}
		actual = label
	}
	if verdict != "" && verdict != store.Right && verdict != store.Wrong || actual != "" && verdict != store.Wrong {
		return Said{}, fmt.Errorf("%w; found %.40q %.40q", ErrVerdict, verdict, actual)
	}
	r := store.NewReader(d.Store)
	defer r.Close()
	e, err := r.Event(ctx, id)
	switch {
	case err != nil:
		return Said{}, err
	case actual == e.Label: // "it is what you say"
		verdict, actual = store.Right, ""
	}
	if e, err = store.Judge(ctx, d.Store, id, verdict, actual); err != nil {
		return Said{}, err
	}
	if e.Clip != "" {
		if err := d.Recordings.Drop(e.Clip, d.target(e)); err != nil {
			return Said{Event: e}, err
		}
	}
	return d.adopt(ctx, e)
}

// Collect takes the clips of events that were judged before their clip was written.
func (d Desk) Collect(ctx context.Context) error {
	r := store.NewReader(d.Store)
	defer r.Close()
	var waiting []store.Event
	err := r.Judged(ctx, most, func(e store.Event) error { waiting = append(waiting, e); return nil })
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range waiting {
		if _, err := d.adopt(ctx, e); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// target is the folder in which a judged event's clip belongs, "" for none.
func (d Desk) target(e store.Event) string {
	switch {
	case e.Verdict != store.Wrong || e.Group:
		return ""
	case e.Actual != "" && !d.BuiltIn(e.Actual):
		return e.Actual
	}
	return recordings.Not + "/" + e.Label
}

// adopt keeps the clip of a judged event where it belongs. One that is not there yet, or no more, is no error.
func (d Desk) adopt(ctx context.Context, e store.Event) (Said, error) {
	said, to := Said{Event: e}, d.target(e)
	if to == "" || e.Clip == "" || e.Clip != filepath.Base(e.Clip) {
		return said, nil
	}
	switch err := d.Recordings.Adopt(to, filepath.Join(d.Clips, e.Clip)); {
	case errors.Is(err, fs.ErrNotExist):
		return said, nil
	case err != nil:
		return said, err
	}
	if said.Negative = to != e.Actual; !said.Negative {
		said.Teaches = to
	}
	return said, store.Kept(ctx, d.Store, e.ID)
}
