package store

import (
	"context"
	"database/sql"
	"time"
)

// Label is what became of a label.
type Label struct {
	Label   string    `json:"label"`
	Title   string    `json:"title"`
	Group   bool      `json:"group,omitempty"`
	Count   int       `json:"count"`
	Seconds float64   `json:"seconds"` // on, in all
	Last    time.Time `json:"last"`    // its newest onset
}

// Labels counts events by label, the most frequent first.
func (r *Reader) Labels(ctx context.Context, f Filter) (all []Label, err error) {
	condition, args := f.where()
	err = r.rows(ctx, "SELECT label, title, grouped, COUNT(*), TOTAL(ended-onset)/1000, MAX(onset) FROM event WHERE "+condition+
		" GROUP BY label ORDER BY 4 DESC, label", args, func(rows *sql.Rows) error {
		var l Label
		var last int64
		if err := rows.Scan(&l.Label, &l.Title, &l.Group, &l.Count, &l.Seconds, &last); err != nil { // the title is the newest row's (SQLite: bare columns)
			return err
		}
		l.Last = time.UnixMilli(last)
		all = append(all, l)
		return nil
	})
	return all, err
}

// Quarter is the step in which events are counted: there are time zones half an hour off.
const Quarter = 15 * time.Minute

// Quarters counts events by quarter hour, in order.
func (r *Reader) Quarters(ctx context.Context, f Filter, take func(begin time.Time, n int)) error {
	condition, args := f.where()
	return r.rows(ctx, "SELECT onset/?, COUNT(*) FROM event WHERE "+condition+" GROUP BY 1 ORDER BY 1",
		append([]any{Quarter.Milliseconds()}, args...), func(rows *sql.Rows) error {
			var at int64
			var n int
			if err := rows.Scan(&at, &n); err != nil {
				return err
			}
			take(time.UnixMilli(at*Quarter.Milliseconds()), n)
			return nil
		})
}

// Sources are those that were ever listened to, in order of their names.
func (r *Reader) Sources(ctx context.Context) (all []string, err error) {
	// From name to name by the index: there may be a million minutes.
	err = r.rows(ctx, `WITH RECURSIVE s(name) AS (SELECT MIN(source) FROM level
		UNION ALL SELECT (SELECT MIN(source) FROM level WHERE source > name) FROM s WHERE name IS NOT NULL)
		SELECT name FROM s WHERE name IS NOT NULL`, nil, func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		all = append(all, s)
		return err
	})
	return all, err
}

// Levels are a source's minutes in [since, until), in order.
func (r *Reader) Levels(ctx context.Context, source string, since, until time.Time, take func(Level)) error {
	return r.rows(ctx, "SELECT minute, mean, peak FROM level WHERE source=? AND minute>=? AND minute<? ORDER BY minute",
		[]any{source, since.UnixMilli(), until.UnixMilli()}, func(rows *sql.Rows) error {
			l := Level{Source: source}
			var minute int64
			if err := rows.Scan(&minute, &l.Mean, &l.Peak); err != nil {
				return err
			}
			l.Minute = time.UnixMilli(minute)
			take(l)
			return nil
		})
}

// Scores are a source's packed scores that reach into [since, until), in the order in which they were made.
func (r *Reader) Scores(ctx context.Context, source string, since, until time.Time, take func(Scores) error) error {
	return r.rows(ctx, "SELECT began, ended, model, rate, window, block FROM scores WHERE source=? AND began>=? AND began<? AND ended>=? ORDER BY began, id",
		[]any{source, since.Add(-longestBlock).UnixMilli(), until.UnixMilli(), since.UnixMilli()}, func(rows *sql.Rows) error {
			s := Scores{Source: source}
			var began, ended int64
			if err := rows.Scan(&began, &ended, &s.Model, &s.RateHz, &s.WindowSamples, &s.Block); err != nil {
				return err
			}
			s.Began, s.Ended = time.UnixMilli(began), time.UnixMilli(ended)
			return take(s)
		})
}

// longestBlock is more time than one block of scores may span.
const longestBlock = time.Hour

// Size is the store's: rows of each kind, its oldest event and the file's bytes.
type Size struct {
	Events int       `json:"events"`
	Blocks int       `json:"score_blocks"`
	Levels int       `json:"level_minutes"`
	Oldest time.Time `json:"oldest,omitzero"`
	Bytes  int64     `json:"bytes"`
}

// Size measures the store.
func (r *Reader) Size(ctx context.Context) (s Size, err error) {
	err = r.rows(ctx, `SELECT (SELECT COUNT(*) FROM event), (SELECT COUNT(*) FROM scores), (SELECT COUNT(*) FROM level), (SELECT MIN(onset) FROM event),
		(SELECT page_count*page_size FROM pragma_page_count, pragma_page_size)`, nil, func(rows *sql.Rows) error {
		var oldest *int64
		err := rows.Scan(&s.Events, &s.Blocks, &s.Levels, &oldest, &s.Bytes)
		if oldest != nil {
			s.Oldest = time.UnixMilli(*oldest)
		}
		return err
	})
	return s, err
}

// Model is the fingerprint of the newest scores of a source that began before a time; "" when there are none.
func (r *Reader) Model(ctx context.Context, source string, until time.Time) (model string, err error) {
	err = r.rows(ctx, "SELECT model FROM scores WHERE source=? AND began<? ORDER BY began DESC LIMIT 1", []any{source, until.UnixMilli()},
		func(rows *sql.Rows) error { return rows.Scan(&model) })
	return model, err
}
