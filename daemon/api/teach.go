package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"earshot/daemon/recordings"
	"earshot/daemon/teaching"
	"earshot/train/dataset"
)

// Teacher is who teaches the daemon.
type Teacher interface {
	State(taught []string) (teaching.State, error)
	Record(source, label string, count int, room bool) error
	StopRecording()
	Learn() error
	StopLearning() error
	Rollback(ctx context.Context) error
	Recordings() recordings.Folder
}

// errNoTeacher says that this daemon cannot be taught.
var errNoTeacher = mistake{"nothing can be taught here: there is no state folder to keep recordings in (state_dir)"}

// teach is a change that wants a teacher.
func teach(do func(*API, context.Context, *http.Request) error) func(*API, context.Context, *http.Request) error {
	return func(a *API, ctx context.Context, r *http.Request) error {
		if a.Teacher == nil {
			return errNoTeacher
		}
		return told(do(a, ctx, r))
	}
}

// told makes what a person can mend a mistake.
func told(err error) error {
	for _, own := range []error{teaching.ErrBusy, teaching.ErrNobody, teaching.ErrSource, recordings.ErrName} {
		if errors.Is(err, own) {
			return mistake{err.Error()}
		}
	}
	return err
}

func (a *API) teaching(w http.ResponseWriter, _ *http.Request, _ *values) error {
	if !a.trusted() {
		refuse(w, http.StatusForbidden, noSound)
		return nil
	}
	if a.Teacher == nil {
		return errNoTeacher
	}
	s, err := a.Teacher.State(a.Taught())
	if err != nil {
		return err
	}
	return answer(w, s)
}

func (a *API) record(_ context.Context, r *http.Request) error {
	var b struct {
		Source string `json:"source"`
		Label  string `json:"label"`
		Count  int    `json:"count"`
		Room   bool   `json:"room"`
	}
	if err := read(r, &b, "source, label, count, room"); err != nil {
		return err
	}
	b.Label = dataset.ID(b.Label)
	if err := recordings.CheckLabel(b.Label); err != nil {
		return mistake{err.Error()}
	}
	taught := a.Taught()
	known := slices.ContainsFunc(a.Labels(), func(l Label) bool { return l.ID == b.Label && !slices.Contains(taught, b.Label) })
	if known {
		return mistake{"the model knows " + b.Label + " already; call yours otherwise, such as my_" + b.Label}
	}
	if b.Count < 1 || b.Count > teaching.MaxCount {
		return mistake{fmt.Sprintf("count: want 1 to %d", teaching.MaxCount)}
	}
	return a.Teacher.Record(b.Source, b.Label, b.Count, b.Room)
}

func (a *API) deleteTake(_ context.Context, r *http.Request) error {
	var b struct {
		Label string `json:"label"`
		Name  string `json:"name"`
	}
	if err := read(r, &b, "label, name"); err != nil {
		return err
	}
	return a.Teacher.Recordings().Delete(b.Label, b.Name)
}

// noSound is why what was recorded is not shown.
const noSound = "nothing that was recorded is shown or played by a page that asks nobody for a password and that others reach: set web.password_file"

// takeLimit is how long a take's sound may take to be heard.
const takeLimit = 5 * time.Minute

// take plays a recording: sound, for who may hear sound here.
func (a *API) take(w http.ResponseWriter, r *http.Request) {
	if !a.trusted() || a.Teacher == nil {
		refuse(w, http.StatusForbidden, noSound)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takeLimit))
	q := r.URL.Query()
	f, err := a.Teacher.Recordings().Open(q.Get("label"), q.Get("name"))
	if err != nil {
		refuse(w, http.StatusNotFound, "no such recording")
		return
	}
	defer f.Close()
	kind := "audio/flac"
	if strings.HasSuffix(q.Get("name"), ".wav") {
		kind = "audio/wav"
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, f)
}
