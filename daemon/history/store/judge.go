package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What a person says of an event.
const (
	Right = "right"
	Wrong = "wrong"
)

// ErrNoEvent says that there is no event of that number.
var ErrNoEvent = errors.New("there is no such event")

// Judge writes what a person said of an event into the store at path, beside the daemon's Writer or without it, and returns the event as it
// stands then. A verdict of "" takes back what was said.
func Judge(ctx context.Context, path string, id int64, verdict, actual string) (Event, error) {
	var e Event
	err := beside(ctx, path, func(db *sql.DB) error {
		row := db.QueryRowContext(ctx, "UPDATE event SET verdict=?, actual=?, kept=0 WHERE id=? RETURNING "+eventColumns, verdict, actual, id)
		var err error
		if e, err = scanEvent(row); errors.Is(err, sql.ErrNoRows) {
			err = fmt.Errorf("%w: %d", ErrNoEvent, id)
		}
		return err
	})
	return e, err
}

// beside opens a store that is there for one change. SQLite lets one change in at a time and has the other wait.
func beside(ctx context.Context, path string, change func(*sql.DB) error) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no file %q", ErrNone, path)
	}
	db, err := open(path, "rw", "busy_timeout(5000)", "cache_size(-512)")
	if err == nil {
		db.SetMaxOpenConns(1)
		if err = upgrade(ctx, db, ""); err == nil {
			err = change(db)
		}
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return fmt.Errorf("history %q: %w", path, err)
	}
	return nil
}

// Kept notes that the clip of a judged event is kept for teaching, so that Judged tells of it no more.
func Kept(ctx context.Context, path string, id int64) error {
	return beside(ctx, path, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "UPDATE event SET kept=1 WHERE id=?", id)
		return err
	})
}

// Judged are the events that were judged wrong and have a clip that is not kept for teaching, the newest first.
func (r *Reader) Judged(ctx context.Context, limit int, take func(Event) error) error {
	return r.rows(ctx, "SELECT "+eventColumns+" FROM event WHERE verdict='wrong' AND clip<>'' AND kept=0 ORDER BY onset DESC LIMIT ?", []any{limit}, func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		if err != nil {
			return err
		}
		return take(e)
	})
}

// Event is the event of a number.
func (r *Reader) Event(ctx context.Context, id int64) (e Event, err error) {
	err = r.rows(ctx, "SELECT "+eventColumns+" FROM event WHERE id=?", []any{id}, func(rows *sql.Rows) error {
		e, err = scanEvent(rows)
		return err
	})
	if err == nil && e.ID == 0 {
		err = fmt.Errorf("%w: %d", ErrNoEvent, id)
	}
	return e, err
}
