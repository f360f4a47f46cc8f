package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Event is a sound that began, and mostly ended.
type Event struct {
	ID     int64  `json:"id"` // 0 while it is not in the store
	Source string `json:"source"`
	Label  string `json:"label"`
	Title  string `json:"title"`
	Group  bool   `json:"group,omitempty"`
	Muted  bool   `json:"muted,omitempty"`

	Onset  time.Time `json:"onset"`
	End    time.Time `json:"end,omitzero"`  // zero while it is on
	Cut    bool      `json:"cut,omitempty"` // the program ended before the sound; End is when it was last strongest
	PeakAt time.Time `json:"peak_at"`

	Score float64  `json:"score"` // that switched it on, 0…1
	Peak  float64  `json:"peak"`
	On    float64  `json:"on"`  // its threshold
	Off   float64  `json:"off"` // and the lower one
	First *float64 `json:"first,omitempty"`
	// What the second network said; both are nil when it was not asked.
	Second *float64 `json:"second,omitempty"`

	Runners   []Score `json:"runners"` // the labels that came next, greatest first
	LevelDBFS float64 `json:"level_dbfs"`
	Model     string  `json:"model"` // fingerprint
	Clip      string  `json:"clip,omitempty"`

	Verdict string `json:"verdict,omitempty"` // what a person said of it: Right, Wrong; "" when nobody did
	Actual  string `json:"actual,omitempty"`  // the label that it really was, where that was said too
}

// Score is a label's.
type Score struct {
	Label string  `json:"label"`
	Title string  `json:"title"`
	Score float64 `json:"score"`
}

// Scores are a packed block of smoothed scores.
type Scores struct {
	Source        string
	Began, Ended  time.Time // of the windows' ends
	Model         string
	RateHz        int
	WindowSamples int64
	Block         []byte // see package block
}

// Level is a source's loudness in one minute, dBFS.
type Level struct {
	Source string    `json:"source"`
	Minute time.Time `json:"minute"`
	Mean   float64   `json:"mean"` // of the energy
	Peak   float64   `json:"peak"` // the loudest sample
}

// Batch is what is written at once.
type Batch struct {
	Events []Event // in order; one with an End ends what of its label is on
	Scores []Scores
	Levels []Level
}

// Write writes all of a batch, or nothing and says why.
func (w *Writer) Write(ctx context.Context, b *Batch) error {
	on := maps.Clone(w.on)
	err := w.atOnce(ctx, func(tx *sql.Tx) error {
		for i := range b.Events {
			if err := writeEvent(ctx, tx, on, &b.Events[i]); err != nil {
				return err
			}
		}
		for _, s := range b.Scores {
			if _, err := tx.ExecContext(ctx, "INSERT INTO scores (source, began, ended, model, rate, window, block) VALUES (?,?,?,?,?,?,?)",
				s.Source, s.Began.UnixMilli(), s.Ended.UnixMilli(), s.Model, s.RateHz, s.WindowSamples, s.Block); err != nil {
				return err
			}
		}
		for _, l := range b.Levels {
			if _, err := tx.ExecContext(ctx, `INSERT INTO level VALUES (?,?,?,?) ON CONFLICT (source, minute)
				DO UPDATE SET mean=MAX(mean, excluded.mean), peak=MAX(peak, excluded.peak)`,
				l.Source, l.Minute.UnixMilli(), l.Mean, l.Peak); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO level_hour VALUES (?,?,?,1,?) ON CONFLICT (source, hour)
				DO UPDATE SET energy=energy+excluded.energy, n=n+1, peak=MAX(peak, excluded.peak)`,
				l.Source, l.Minute.Truncate(time.Hour).UnixMilli(), math.Pow(10, l.Mean/10), l.Peak); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("history %q: %w", w.path, err)
	}
	w.on = on
	return nil
}

// Passing tells whether an error of Write may pass by itself: the disk is full or does not answer, somebody holds the file.
func Passing(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_NOMEM:
		return true
	}
	return false
}

// atOnce runs a transaction.
func (w *Writer) atOnce(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err = do(tx); err == nil {
		return tx.Commit()
	}
	_ = tx.Rollback()
	return err
}

func writeEvent(ctx context.Context, tx *sql.Tx, on map[[2]string]int64, e *Event) error {
	key := [2]string{e.Source, e.Label}
	id, known := on[key]
	switch {
	case known && !e.End.IsZero():
		delete(on, key)
		_, err := tx.ExecContext(ctx, "UPDATE event SET ended=?, peak=?, peak_at=?, first=?, second=?, clip=? WHERE id=?",
			e.End.UnixMilli(), e.Peak, e.PeakAt.UnixMilli(), e.First, e.Second, e.Clip, id)
		if err != nil {
			return err
		}
		return count(ctx, tx, e, false, e.End.Sub(e.Onset).Seconds())
	case known: // its end was lost on the way
		if _, err := tx.ExecContext(ctx, cutShort+"id=?", id); err != nil {
			return err
		}
	}
	runners, err := json.Marshal(e.Runners)
	if err != nil {
		return err
	}
	var end any
	if !e.End.IsZero() {
		end = e.End.UnixMilli()
	}
	r, err := tx.ExecContext(ctx, `INSERT INTO event (source, label, title, grouped, muted, onset, ended, score, peak, peak_at, score_on, score_off,
		first, second, level, model, runners, clip) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		e.Source, e.Label, e.Title, e.Group, e.Muted, e.Onset.UnixMilli(), end, e.Score, e.Peak, e.PeakAt.UnixMilli(), e.On, e.Off,
		e.First, e.Second, e.LevelDBFS, e.Model, string(runners), e.Clip)
	if err != nil {
		return err
	}
	seconds := 0.0
	if end != nil {
		seconds = e.End.Sub(e.Onset).Seconds()
	} else if id, err = r.LastInsertId(); err == nil {
		on[key] = id
	}
	if err != nil {
		return err
	}
	return count(ctx, tx, e, true, seconds)
}
