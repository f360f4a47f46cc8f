package store

import (
	"errors"
	"path/filepath"
	"testing"
)

// TestJudge: what a person says of an event stands with it, beside a writer that goes on, until it is taken back.
func TestJudge(t *testing.T) {
	w, r := newStore(t)
	write(t, w, Batch{Events: []Event{event("dog", 1, true), event("cat", 2, false)}})
	all := events(t, r, Filter{})
	cat, dog := all[0], all[1]
	if e, err := Judge(t.Context(), w.path, dog.ID, Wrong, "doorbell"); err != nil || e.Verdict != Wrong || e.Actual != "doorbell" || e.Label != "dog" {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := Judge(t.Context(), w.path, cat.ID, Right, ""); err != nil {
		t.Fatal(err)
	}
	write(t, w, Batch{Events: []Event{event("cat", 2, true)}}) // its end keeps what was said
	all = events(t, r, Filter{})
	if len(all) != 2 || all[0].Verdict != Right || all[0].End.IsZero() || all[1].Verdict != Wrong || all[1].Actual != "doorbell" {
		t.Errorf("%+v", all)
	}
	if e, err := r.Event(t.Context(), dog.ID); err != nil || e.Verdict != Wrong {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := Judge(t.Context(), w.path, dog.ID, "", ""); err != nil || e.Verdict != "" || e.Actual != "" {
		t.Errorf("taken back: %+v, %v", e, err)
	}
	if _, err := Judge(t.Context(), w.path, 99, Right, ""); !errors.Is(err, ErrNoEvent) {
		t.Errorf("no event: %v", err)
	}
	if _, err := Judge(t.Context(), filepath.Join(t.TempDir(), FileName), 1, Right, ""); !errors.Is(err, ErrNone) {
		t.Errorf("no store: %v", err)
	}
}

// TestUpgrade: a file from before verdicts is read as it is, keeps its events, and takes verdicts.
func TestUpgrade(t *testing.T) {
	old := func() string {
		w, _ := newStore(t)
		write(t, w, Batch{Events: []Event{event("dog", 1, true)}})
		if _, err := w.db.Exec("ALTER TABLE event DROP COLUMN verdict; ALTER TABLE event DROP COLUMN actual; ALTER TABLE event DROP COLUMN kept; PRAGMA user_version=1"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return w.path
	}
	path := old()
	r := NewReader(path)
	if all := events(t, r, Filter{}); len(all) != 1 || all[0].Label != "dog" || all[0].Verdict != "" {
		t.Fatalf("as it is: %+v", all)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err := Judge(t.Context(), path, 1, Wrong, ""); err != nil || e.Verdict != Wrong {
		t.Errorf("judged: %+v, %v", e, err)
	}
	path = old()
	w, aside, err := Create(path)
	if err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	defer w.Close()
	r = NewReader(path)
	defer r.Close()
	if all := events(t, r, Filter{}); len(all) != 1 || all[0].Label != "dog" {
		t.Errorf("upgraded by the writer: %+v", all)
	}
}
