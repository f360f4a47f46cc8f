package store

import (
	"context"
	"fmt"
	"time"
)

// Keep says what may stay in the store.
type Keep struct {
	Since       time.Time // older events and levels go
	ScoresSince time.Time // older scores go
	MaxBytes    int64     // of the file; beyond it the oldest scores go first, then the oldest of all
}

// Of one go, so that no transaction is long and whatever waits is soon written.
const (
	retainRows   = 2000
	retainPasses = 50
	vacuumPages  = 1000
)

// Retain drops what may not stay, or a good part of it: done tells whether that was all.
func (w *Writer) Retain(ctx context.Context, k Keep) (done bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("history %q: %w", w.path, err)
		}
	}()
	gone := int64(0)
	for _, q := range []struct {
		query string
		since time.Time
	}{
		{"DELETE FROM event WHERE id IN (SELECT id FROM event WHERE onset < ? AND ended IS NOT NULL LIMIT ?)", k.Since},
		{"DELETE FROM scores WHERE id IN (SELECT id FROM scores WHERE began < ? LIMIT ?)", k.ScoresSince},
		{"DELETE FROM level WHERE (source, minute) IN (SELECT source, minute FROM level WHERE minute < ? LIMIT ?)", k.Since},
	} {
		n, err := w.drop(ctx, q.query, q.since.UnixMilli(), retainRows)
		if err != nil {
			return false, err
		}
		gone = max(gone, n)
	}
	if err := w.forgetDays(ctx, k.Since); err != nil {
		return false, err
	}
	if gone == retainRows {
		return false, nil
	}
	for range retainPasses {
		size, err := w.size(ctx)
		if err != nil || size <= k.MaxBytes {
			return err == nil, err
		}
		if gone, err = w.dropOldest(ctx); err != nil || gone == 0 {
			return true, err // an empty store is as small as it gets
		}
		if err := w.forgetDays(ctx, k.Since); err != nil {
			return false, err
		}
	}
	return false, nil
}

// dropOldest drops the oldest twentieth of the scores; where there are none, of the events and levels.
func (w *Writer) dropOldest(ctx context.Context) (gone int64, err error) {
	const part = 20
	for _, queries := range [][]string{
		{"DELETE FROM scores WHERE id IN (SELECT id FROM scores ORDER BY began LIMIT 1 + (SELECT COUNT(*) FROM scores)/?)"},
		{"DELETE FROM event WHERE id IN (SELECT id FROM event WHERE ended IS NOT NULL ORDER BY onset LIMIT 1 + (SELECT COUNT(*) FROM event)/?)",
			"DELETE FROM level WHERE (source, minute) IN (SELECT source, minute FROM level ORDER BY minute LIMIT 1 + (SELECT COUNT(*) FROM level)/?)"},
	} {
		for _, q := range queries {
			n, err := w.drop(ctx, q, part)
			if err != nil {
				return gone, err
			}
			gone += n
		}
		if gone > 0 {
			break
		}
	}
	return gone, nil
}

// forgetDays drops the counts of days, and the levels of hours, of which nothing else is left.
func (w *Writer) forgetDays(ctx context.Context, since time.Time) error {
	var oldest *int64
	if err := w.db.QueryRowContext(ctx, "SELECT MIN(onset) FROM event").Scan(&oldest); err != nil {
		return err
	}
	first := since.UnixMilli()
	if oldest != nil {
		first = max(first, *oldest)
	}
	if _, err := w.drop(ctx, "DELETE FROM day WHERE day < ?", first/dayMillis); err != nil {
		return err
	}
	_, err := w.drop(ctx, "DELETE FROM level_hour WHERE hour < ?", since.Truncate(time.Hour).UnixMilli())
	return err
}

func (w *Writer) drop(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := w.db.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	if err == nil && n > 0 {
		_, err = w.db.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumPages))
	}
	return n, err
}

// size is the file's, without pages that are free, in bytes.
func (w *Writer) size(ctx context.Context) (bytes int64, err error) {
	var pages, free, size int64
	err = w.db.QueryRowContext(ctx, "SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size").Scan(&pages, &free, &size)
	return (pages - free) * size, err
}
