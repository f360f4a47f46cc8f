package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// ErrNone says that there is no store: nothing was heard yet, or history is off.
var ErrNone = errors.New("there is no history")

// Reader looks into a store that somebody else may write. Any number of goroutines may use it. The file is opened
// when it is first asked for.
type Reader struct {
	path string
	mu   sync.Mutex // guards the rest
	db   *sql.DB
	file os.FileInfo
	old  bool // the file is of a version before verdicts; the next Writer upgrades it
}

// NewReader makes a reader of the file at path, which need not be there yet.
func NewReader(path string) *Reader { return &Reader{path: path} }

// Close ends the reader; a later question opens it again.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.db == nil {
		return nil
	}
	err := r.db.Close()
	r.db = nil
	return err
}

// readers is how many questions are answered at a time: each has a cache of its own.
const readers = 2

// open gives the file, opened anew when another stands there by now.
func (r *Reader) open() (*sql.DB, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no file %q", ErrNone, r.path)
	}
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	if r.db != nil && os.SameFile(st, r.file) && !r.old {
		return r.db, nil
	}
	if r.db != nil {
		_ = r.db.Close()
		r.db = nil
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("history %q: that is no file", r.path)
	}
	db, err := open(r.path, "ro", "busy_timeout(2000)", "query_only(1)", "cache_size(-2048)")
	var version int
	if err == nil {
		switch err = db.QueryRow("PRAGMA user_version").Scan(&version); {
		case err == nil && version == 0:
			err = fmt.Errorf("%w: its file is still empty", ErrNone)
		case err == nil && (version < 1 || version > schemaVersion):
			err = fmt.Errorf("%w: %d; want %d", errVersion, version, schemaVersion)
		}
		if err != nil {
			_ = db.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("history %q: %w", r.path, err)
	}
	db.SetMaxOpenConns(readers)
	db.SetConnMaxIdleTime(time.Minute)
	r.db, r.file, r.old = db, st, version < schemaVersion
	return db, nil
}

// rows asks, and takes each row.
func (r *Reader) rows(ctx context.Context, query string, args []any, take func(*sql.Rows) error) error {
	db, err := r.open()
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("history %q: %w", r.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return fmt.Errorf("history %q: %w", r.path, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("history %q: %w", r.path, err)
	}
	return nil
}

// Filter chooses events; its zero value all of them.
type Filter struct {
	Source, Label string
	Text          string    // part of a label's name or title
	Since, Until  time.Time // of onsets: [Since, Until)
	Groups        bool      // those of groups too: else they are left out, unless Label names one
}

// names is the filter of names as a condition.
func (f Filter) names() (condition string, args []any) {
	all := []string{"1"}
	add := func(c string, a ...any) { all, args = append(all, c), append(args, a...) }
	if !f.Groups && f.Label == "" {
		add("grouped=0")
	}
	if f.Source != "" {
		add("source=?", f.Source)
	}
	if f.Label != "" {
		add("label=?", f.Label)
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(f.Text) + "%"
		add(`(title LIKE ? ESCAPE '\' OR label LIKE ? ESCAPE '\')`, like, like)
	}
	return strings.Join(all, " AND "), args
}

// where is the filter of events as a condition, its text having become labels.
func (f Filter) where() (condition string, args []any) {
	f.Text = ""
	condition, args = f.names()
	all := []string{condition}
	add := func(c string, a ...any) { all, args = append(all, c), append(args, a...) }
	if !f.Since.IsZero() {
		add("onset>=?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		add("onset<?", f.Until.UnixMilli())
	}
	return strings.Join(all, " AND "), args
}

// Cursor is a place among events, newest first: what comes next is older. The zero Cursor is before the newest.
type Cursor struct {
	Onset time.Time
	ID    int64
}

// After is the place behind an event.
func After(e Event) Cursor { return Cursor{e.Onset, e.ID} }

// rareEvents of a label are sorted faster than they are met among all others.
const rareEvents = 2000

// Events gives the events behind a cursor, newest first, until take says false or an error comes.
func (r *Reader) Events(ctx context.Context, f Filter, behind Cursor, limit int, take func(Event) error) error {
	condition, args := f.where()
	index := "event_onset"
	if f.Label != "" {
		index = "event_label"
	}
	if f.Text != "" {
		labels, n, err := r.named(ctx, f)
		if err != nil || n == 0 {
			return err
		}
		condition += " AND label IN (?" + strings.Repeat(",?", len(labels)-1) + ")"
		args = append(args, labels...)
		if n < rareEvents { // few enough to be found by their label and sorted
			index = "event_label"
		}
	}
	if behind.ID != 0 {
		condition += " AND (onset, id) < (?, ?)"
		args = append(args, behind.Onset.UnixMilli(), behind.ID)
	}
	columns, err := r.columns()
	if err != nil {
		return err
	}
	return r.rows(ctx, "SELECT "+columns+" FROM event INDEXED BY "+index+" WHERE "+condition+" ORDER BY onset DESC, id DESC LIMIT ?", append(args, limit), func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		if err != nil {
			return err
		}
		return take(e)
	})
}

// eventColumns are what scanEvent reads.
const eventColumns = `id, source, label, title, grouped, muted, onset, ended, cut, score, peak, peak_at, score_on, score_off,
	first, second, level, model, runners, clip, verdict, actual`

// columns are eventColumns as far as the file has them.
func (r *Reader) columns() (string, error) {
	if _, err := r.open(); err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.old {
		return strings.Replace(eventColumns, "verdict, actual", "'', ''", 1), nil
	}
	return eventColumns, nil
}

func scanEvent(row interface{ Scan(...any) error }) (e Event, err error) {
	var onset, peakAt int64
	var ended *int64
	var runners string
	if err := row.Scan(&e.ID, &e.Source, &e.Label, &e.Title, &e.Group, &e.Muted, &onset, &ended, &e.Cut, &e.Score, &e.Peak, &peakAt,
		&e.On, &e.Off, &e.First, &e.Second, &e.LevelDBFS, &e.Model, &runners, &e.Clip, &e.Verdict, &e.Actual); err != nil {
		return e, err
	}
	e.Onset, e.PeakAt = time.UnixMilli(onset), time.UnixMilli(peakAt)
	if ended != nil {
		e.End = time.UnixMilli(*ended)
	}
	e.Runners = []Score{}
	err = json.Unmarshal([]byte(runners), &e.Runners)
	if e.Runners == nil {
		e.Runners = []Score{}
	}
	return e, err
}
