package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"earshot/daemon/rules"
	"earshot/daemon/tune"
)

// changes are the questions that change something.
var changes = map[string]func(*API, context.Context, *http.Request) error{
	"tune/apply": (*API).apply,
	"tune/undo":  func(a *API, ctx context.Context, _ *http.Request) error { return a.Undo(ctx) },
}

// maxBody is the largest body that is read, in bytes.
const maxBody = 4 << 10

// change lets only those through who may change something.
func (a *API) change(w http.ResponseWriter, r *http.Request, change func(*API, context.Context, *http.Request) error) {
	if a.MayChange == nil || !a.MayChange() {
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
	default:
		refuse(w, http.StatusConflict, "it was not taken, and all is as it was: "+err.Error())
	}
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

func (a *API) apply(ctx context.Context, r *http.Request) error {
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	var b applied
	if err := d.Decode(&b); err != nil {
		return mistake{fmt.Sprintf("want an object with label, on, off, min_on, hold, cooldown: %.100s", err)}
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
