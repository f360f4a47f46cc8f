package api

import (
	"net/http"
	"time"

	"earshot/daemon/history/store"
)

// How much of the events one answer holds.
const (
	usualEvents = 100
	maxEvents   = 500
	maxRows     = 200_000 // of CSV
)

type eventsAnswer struct {
	Events []store.Event `json:"events"`         // newest first
	Next   string        `json:"next,omitempty"` // "after" of the next page; absent on the last
}

func (a *API) events(w http.ResponseWriter, r *http.Request, v *values) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	limit, err := v.number("limit", usualEvents, 1, maxEvents)
	if err != nil {
		return err
	}
	behind, err := v.cursor("after")
	if err != nil {
		return err
	}
	out := eventsAnswer{Events: []store.Event{}}
	titles := map[string]string{} // in the language of today
	for _, l := range a.Labels() {
		titles[l.ID] = l.Title
	}
	err = a.Store.Events(r.Context(), f, behind, limit+1, func(e store.Event) error {
		if e.Clip != "" && !a.Clip(e.Clip) {
			e.Clip = "" // it has had its time
		}
		title(&e.Title, titles[e.Label])
		for i := range e.Runners {
			title(&e.Runners[i].Title, titles[e.Runners[i].Label])
		}
		out.Events = append(out.Events, e)
		return nil
	})
	if err != nil {
		return err
	}
	if len(out.Events) > limit {
		out.Events = out.Events[:limit]
		out.Next = cursorText(store.After(out.Events[limit-1]))
	}
	return answer(w, out)
}

// title takes a name where there is one.
func title(to *string, name string) {
	if name != "" {
		*to = name
	}
}

func (a *API) csv(w http.ResponseWriter, r *http.Request, v *values) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	limit, err := v.number("limit", maxRows, 1, maxRows)
	if err != nil {
		return err
	}
	if _, err := a.Store.Size(r.Context()); err != nil { // before the header is out
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="earshot.csv"`)
	_ = a.Store.CSV(r.Context(), w, f, limit) // it breaks off; there is no other way to say it by now
	return nil
}

type labelsAnswer struct {
	Labels  []labelAnswer `json:"labels"` // those that were heard, the most frequent first, then those that were not
	Sources []string      `json:"sources"`
	Store   store.Size    `json:"store"`
}

type labelAnswer struct {
	store.Label
	Last    *time.Time `json:"last,omitempty"` // over the store's, which is zero where nothing was heard
	Watched bool       `json:"watched"`
	On      float64    `json:"on,omitempty"` // thresholds, where it is watched
	Off     float64    `json:"off,omitempty"`
}

func (a *API) labels(w http.ResponseWriter, r *http.Request, v *values) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	out := labelsAnswer{Labels: []labelAnswer{}, Sources: []string{}}
	heard, err := a.Store.Labels(r.Context(), f)
	if err != nil {
		return err
	}
	known := map[string]Label{}
	for _, l := range a.Labels() {
		known[l.ID] = l
	}
	for _, l := range heard {
		k := known[l.Label]
		delete(known, l.Label)
		title(&l.Title, k.Title)
		out.Labels = append(out.Labels, labelAnswer{l, &l.Last, k.Watched, k.On, k.Off})
	}
	for _, l := range a.Labels() {
		if _, silent := known[l.ID]; silent && (!l.Group || f.Groups) {
			out.Labels = append(out.Labels, labelAnswer{store.Label{Label: l.ID, Title: l.Title, Group: l.Group}, nil, l.Watched, l.On, l.Off})
		}
	}
	if out.Store, err = a.Store.Size(r.Context()); err != nil {
		return err
	}
	if sources, err := a.Store.Sources(r.Context()); err != nil {
		return err
	} else if sources != nil {
		out.Sources = sources
	}
	return answer(w, out)
}
