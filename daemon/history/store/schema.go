// Package store keeps the history in one SQLite file: events, smoothed scores, levels. There is no sound in it.
//
// One Writer has the file; any number of Readers, of other processes too, look on. What Write has returned from outlives the
// process, whatever ends it: the file is written ahead (WAL). After a loss of power the newest transactions may be missing
// and the file is whole.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/atomicfile"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the store's name in the state folder; SQLite keeps "-wal" and "-shm" beside it.
const FileName = "history.db"

// schemaVersion is PRAGMA user_version of the tables below. An older file is brought up to it by upgrades; one of any other
// version is put aside.
const schemaVersion = 2

// upgrades lead from version i+1 to the next.
var upgrades = []string{
	`ALTER TABLE event ADD COLUMN verdict TEXT NOT NULL DEFAULT ''; ALTER TABLE event ADD COLUMN actual TEXT NOT NULL DEFAULT '';
	ALTER TABLE event ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;`,
}

// schema: all times are milliseconds since 1970.
const schema = `
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL, label TEXT NOT NULL, title TEXT NOT NULL, grouped INTEGER NOT NULL, muted INTEGER NOT NULL,
  onset INTEGER NOT NULL, ended INTEGER, cut INTEGER NOT NULL DEFAULT 0,
  score REAL NOT NULL, peak REAL NOT NULL, peak_at INTEGER NOT NULL, score_on REAL NOT NULL, score_off REAL NOT NULL,
  first REAL, second REAL, level REAL, model TEXT NOT NULL, runners TEXT NOT NULL, clip TEXT NOT NULL,
  verdict TEXT NOT NULL DEFAULT '', actual TEXT NOT NULL DEFAULT '', kept INTEGER NOT NULL DEFAULT 0);
CREATE INDEX event_onset ON event (onset, grouped, label, source);
CREATE INDEX event_label ON event (label, onset);
CREATE TABLE scores (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL,
  model TEXT NOT NULL, rate INTEGER NOT NULL, window INTEGER NOT NULL, block BLOB NOT NULL);
CREATE INDEX scores_began ON scores (source, began);
CREATE INDEX scores_age ON scores (began);
CREATE TABLE day (
  label TEXT NOT NULL, source TEXT NOT NULL, day INTEGER NOT NULL, title TEXT NOT NULL, grouped INTEGER NOT NULL, last INTEGER NOT NULL,
  tally BLOB NOT NULL, PRIMARY KEY (label, source, day)) WITHOUT ROWID;
CREATE TABLE level_hour (
  source TEXT NOT NULL, hour INTEGER NOT NULL, energy REAL NOT NULL, n INTEGER NOT NULL, peak REAL NOT NULL,
  PRIMARY KEY (source, hour)) WITHOUT ROWID;
CREATE TABLE level (
  source TEXT NOT NULL, minute INTEGER NOT NULL, mean REAL NOT NULL, peak REAL NOT NULL,
  PRIMARY KEY (source, minute)) WITHOUT ROWID;
`

// open opens the file with SQLite's own settings as pragmas.
func open(path, mode string, pragmas ...string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {mode}, "_pragma": pragmas}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	if err := db.Ping(); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// Writer is the one that writes the file. One goroutine uses it.
type Writer struct {
	path string
	db   *sql.DB
	file os.FileInfo         // the file as it was when it was opened
	on   map[[2]string]int64 // id of the event that is on, by source and label
}

// Create opens the store for writing and makes it when there is none. What stands there and is no store of this version
// is put aside under another name, which aside tells; "" when nothing was.
func Create(path string) (w *Writer, aside string, err error) {
	if w, err = create(path); err != nil && spoilt(err) {
		aside = fmt.Sprintf("%s.%s", path, time.Now().UTC().Format("20060102-150405"))
		if err = os.Rename(path, aside); err == nil {
			_ = os.Remove(path + "-wal")
			_ = os.Remove(path + "-shm")
			w, err = create(path)
		}
	}
	if err != nil {
		return nil, aside, fmt.Errorf("history %q: %w", path, err)
	}
	return w, aside, nil
}

var errVersion = errors.New("its tables are another version's")

// spoilt tells whether a file can never become a store again.
func spoilt(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return true
		}
	}
	return errors.Is(err, errVersion)
}

func create(path string) (*Writer, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) { // SQLite's own would be for everybody to read
		if err := atomicfile.WriteBytes(path, 0o600, nil); err != nil {
			return nil, err
		}
	}
	db, err := open(path, "rwc", "busy_timeout(5000)", "auto_vacuum(2)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"journal_size_limit(4194304)", "foreign_keys(0)", "cache_size(-1024)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &Writer{path: path, db: db, on: map[[2]string]int64{}}
	if err = w.prepare(); err == nil {
		w.file, err = os.Stat(path)
	}
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

// prepare makes the tables, and closes what a process that died left open.
func (w *Writer) prepare() error {
	ctx := context.Background()
	if err := upgrade(ctx, w.db, schema); err != nil {
		return err
	}
	_, err := w.db.ExecContext(ctx, cutShort+"ended IS NULL")
	return err
}

// upgrade brings a file to the tables of today; fresh makes those of an empty one, "" for a file that must be there.
func upgrade(ctx context.Context, db *sql.DB, fresh string) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	var steps string
	switch {
	case version == schemaVersion:
		return nil
	case version == 0 && fresh != "":
		steps = fresh
	case version > 0 && version < schemaVersion:
		steps = strings.Join(upgrades[version-1:], "\n")
	default:
		return fmt.Errorf("%w: %d; want %d", errVersion, version, schemaVersion)
	}
	_, err := db.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version=%d; COMMIT", steps, schemaVersion))
	if err != nil {
		_, _ = db.ExecContext(ctx, "ROLLBACK")
	}
	return err
}

// cutShort ends events whose end was not seen.
const cutShort = "UPDATE event SET cut=1, ended=MAX(onset, peak_at) WHERE "

// Close ends the store.
func (w *Writer) Close() error { return w.db.Close() }

// There tells whether the store's file is still where it was: somebody may have taken it away.
func (w *Writer) There() bool {
	st, err := os.Stat(w.path)
	return err == nil && os.SameFile(st, w.file)
}
