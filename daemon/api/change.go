package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"earshot/daemon/feedback"
	"earshot/daemon/history/store"
	"earshot/daemon/rules"
	"earshot/daemon/tune"
	"earshot/publish/topic"
)

// changes are the questions that change something.
var changes = map[string]func(*API, context.Context, *http.Request) error{
	"tune/apply": (*API).apply,
	"tune/undo":  func(a *API, ctx context.Context, _ *http.Request) error { return a.Undo(ctx) },
	"feedback":   (*API).feedback,
	"mute":       (*API).mute,

	"alarm": (*API).alarm,

	"teach/record":      teach((*API).record),
	"teach/record/stop": teach(func(a *API, _ context.Context, _ *http.Request) error { a.Teacher.StopRecording(); return nil }),
	"teach/delete":      teach((*API).deleteTake),
	"teach/learn":       teach(func(a *API, _ context.Context, _ *http.Request) error { return a.Teacher.Learn() }),
	"teach/learn/stop":  teach(func(a *API, _ context.Context, _ *http.Request) error { return a.Teacher.StopLearning() }),
	"teach/rollback":    teach(func(a *API, ctx context.Context, _ *http.Request) error { return a.Teacher.Rollback(ctx) }),
}

// maxBody is the largest body that is read, in bytes.
const maxBody = 4 << 10

// trusted tells whether who asks may change something, and hear sound.
func (a *API) trusted() bool { return a.MayChange != nil && a.MayChange() }

// change lets only those through who may change something.
func (a *API) change(w http.ResponseWriter, r *http.Request, change func(*API, context.Context, *http.Request) error) {
	if !a.trusted() {
		refuse(w, http.StatusForbidden, "the page asks nobody for a password, and others reach it: set web.password_file to change something here")
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(Limit + 5*time.Second))
	ctx, cancel := context.WithTimeout(r.Context(), Limit)
	defer cancel()
	err := change(a, ctx, r)
	var m mistake
	switch {
	case err == nil:
		_ = answer(w, map[string]bool{"ok": true})
	case errors.As(err, &m), errors.Is(err, rules.ErrNothingBefore):
		refuse(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, store.ErrNoEvent), errors.Is(err, store.ErrNone):
		refuse(w, http.StatusNotFound, err.Error())
	default:
		refuse(w, http.StatusConflict, "it was not taken, and all is as it was: "+err.Error())
	}
}

// alarm arms, disarms or acknowledges.
func (a *API) alarm(ctx context.Context, r *http.Request) error {
	var b struct {
		Command string `json:"command"`
	}
	if err := read(r, &b, "command"); err != nil {
		return err
	}
	if !slices.Contains(topic.AlarmCommands, b.Command) || a.Alarm == nil {
		return mistake{"command: want one of " + strings.Join(topic.AlarmCommands, ", ")}
	}
	return a.Alarm(ctx, b.Command)
}

// applied is a rule as it is sent: durations in seconds.
type applied struct {
	Label    string  `json:"label"`
	On       float64 `json:"on"`
	Off      float64 `json:"off"`
	MinOn    float64 `json:"min_on"`
	Hold     float64 `json:"hold"`
	Cooldown float64 `json:"cooldown"`
}

// read reads the object that a change is asked for with.
func read(r *http.Request, into any, want string) error {
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return mistake{fmt.Sprintf("want an object with %s: %.100s", want, err)}
	}
	return nil
}

func (a *API) apply(ctx context.Context, r *http.Request) error {
	var b applied
	if err := read(r, &b, "label, on, off, min_on, hold, cooldown"); err != nil {
		return err
	}
	now, watched, err := a.Rule(b.Label, "")
	switch {
	case err != nil:
		return mistake{"label: " + err.Error()}
	case !watched:
		return mistake{"label " + quoted(b.Label) + " is not watched: put it under watch.labels in the configuration first"}
	case !(b.Off > 0 && b.Off <= b.On && b.On <= 1):
		return mistake{fmt.Sprintf("on %g, off %g: want 0 < off ≤ on ≤ 1", b.On, b.Off)}
	}
	now.On, now.Off = tune.Thousandths(b.On), tune.Thousandths(b.Off)
	for _, s := range []struct {
		name    string
		seconds float64
		most    time.Duration
		to      *time.Duration
	}{{"min_on", b.MinOn, time.Hour, &now.MinOn}, {"hold", b.Hold, day, &now.Hold}, {"cooldown", b.Cooldown, day, &now.Cooldown}} {
		if !(s.seconds >= 0 && s.seconds <= s.most.Seconds()) {
			return mistake{fmt.Sprintf("%s %g: want 0 to %g seconds", s.name, s.seconds, s.most.Seconds())}
		}
		*s.to = time.Duration(s.seconds * float64(time.Second)).Round(time.Millisecond)
	}
	return a.Apply(ctx, b.Label, now)
}

// feedback takes what a person says of an event.
func (a *API) feedback(ctx context.Context, r *http.Request) error {
	var b struct {
		Event   int64  `json:"event"`
		Verdict string `json:"verdict"`
		Actual  string `json:"actual"`
	}
	if err := read(r, &b, "event, verdict, actual"); err != nil {
		return err
	}
	err := a.Feedback(ctx, b.Event, b.Verdict, b.Actual)
	if errors.Is(err, feedback.ErrVerdict) {
		return mistake{err.Error()}
	}
	return err
}

// mute asks not to hear of a label of a source, or to hear of it again.
func (a *API) mute(_ context.Context, r *http.Request) error {
	var b struct {
		Source string `json:"source"`
		Label  string `json:"label"`
		On     bool   `json:"on"`
	}
	if err := read(r, &b, "source, label, on"); err != nil {
		return err
	}
	if err := a.Mute(b.Source, b.Label, b.On); err != nil {
		return mistake{err.Error()}
	}
	return nil
}
