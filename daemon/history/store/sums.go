package store

import (
	"context"
	"database/sql"
	"time"
)

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

// Levels are a source's minutes in [since, until), in order; or its hours, of which Minute is the first.
func (r *Reader) Levels(ctx context.Context, source string, since, until time.Time, hours bool, take func(Level)) error {
	query := "SELECT minute, mean, peak FROM level WHERE source=? AND minute>=? AND minute<? ORDER BY minute"
	if hours {
		query = "SELECT hour, 10*log10(energy/n), peak FROM level_hour WHERE source=? AND hour>=? AND hour<? ORDER BY hour"
	}
	return r.rows(ctx, query, []any{source, since.UnixMilli(), until.UnixMilli()}, func(rows *sql.Rows) error {
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

// Size is the store's.
type Size struct {
	Oldest time.Time `json:"oldest,omitzero"` // onset of its oldest event
	Bytes  int64     `json:"bytes"`           // of its file
}

// Size measures the store.
func (r *Reader) Size(ctx context.Context) (s Size, err error) {
	err = r.rows(ctx, "SELECT (SELECT MIN(onset) FROM event), (SELECT page_count*page_size FROM pragma_page_count, pragma_page_size)", nil, func(rows *sql.Rows) error {
		var oldest *int64
		err := rows.Scan(&oldest, &s.Bytes)
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
