package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"
)

// Events are counted as they are written, by label, source and day (of UTC): a year is a few thousand rows, and what is asked
// of it is answered without looking at each event.

// Quarter is the step in which events are counted: there are time zones half an hour off.
const Quarter = 15 * time.Minute

const (
	dayMillis     = 24 * 60 * 60 * 1000
	quarters      = 96 // in a day
	quarterMillis = dayMillis / quarters
)

// tally is a day's: of each quarter hour, how many events began in it, and for how many seconds those were on.
type tally [quarters]struct{ n, seconds uint32 }

func (t *tally) pack() []byte {
	out := make([]byte, 0, 8*quarters)
	for _, q := range t {
		out = binary.LittleEndian.AppendUint32(out, q.n)
		out = binary.LittleEndian.AppendUint32(out, q.seconds)
	}
	return out
}

func unpackTally(b []byte) (t tally, err error) {
	if len(b) != 8*quarters {
		return t, errors.New("a day's count is torn")
	}
	for i := range t {
		t[i].n, t[i].seconds = binary.LittleEndian.Uint32(b[8*i:]), binary.LittleEndian.Uint32(b[8*i+4:])
	}
	return t, nil
}

// count adds to the day of an event: one more that began, or the seconds that one was on.
func count(ctx context.Context, tx *sql.Tx, e *Event, began bool, seconds float64) error {
	onset := e.Onset.UnixMilli()
	day := onset / dayMillis
	var packed []byte
	var t tally
	err := tx.QueryRowContext(ctx, "SELECT tally FROM day WHERE label=? AND source=? AND day=?", e.Label, e.Source, day).Scan(&packed)
	if err == nil {
		t, err = unpackTally(packed)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	q := &t[onset%dayMillis/quarterMillis]
	if began {
		q.n++
	}
	q.seconds += uint32(max(0, seconds) + 0.5)
	_, err = tx.ExecContext(ctx, "INSERT INTO day VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET title=excluded.title, last=MAX(last, excluded.last), tally=excluded.tally",
		e.Label, e.Source, day, e.Title, e.Group, onset, t.pack())
	return err
}

// Label is what became of a label.
type Label struct {
	Label   string    `json:"label"`
	Title   string    `json:"title"`
	Group   bool      `json:"group,omitempty"`
	Count   int       `json:"count"`
	Seconds float64   `json:"seconds"` // on, in all
	Last    time.Time `json:"last"`    // its newest onset
}

// days gives the counted days of a filter, whose Since and Until count by the quarter hour.
func (r *Reader) days(ctx context.Context, f Filter, take func(l Label, day time.Time, t *tally)) error {
	condition, args := f.names()
	since, until := int64(0), int64(1)<<40
	if !f.Since.IsZero() {
		since = f.Since.UnixMilli() / quarterMillis
	}
	if !f.Until.IsZero() {
		until = (f.Until.UnixMilli() + quarterMillis - 1) / quarterMillis
	}
	return r.rows(ctx, "SELECT label, title, grouped, day, last, tally FROM day WHERE "+condition+" AND day BETWEEN ? AND ? ORDER BY day",
		append(args, since/quarters, until/quarters), func(rows *sql.Rows) error {
			var l Label
			var day, last int64
			var packed sql.RawBytes
			if err := rows.Scan(&l.Label, &l.Title, &l.Group, &day, &last, &packed); err != nil {
				return err
			}
			t, err := unpackTally(packed)
			if err != nil {
				return err
			}
			for i := range t {
				if q := day*quarters + int64(i); q < since || q >= until {
					t[i].n, t[i].seconds = 0, 0
				}
			}
			l.Last = time.UnixMilli(last)
			take(l, time.UnixMilli(day*dayMillis), &t)
			return nil
		})
}

// Labels counts events by label, the most frequent first. Since and Until count by the quarter hour.
func (r *Reader) Labels(ctx context.Context, f Filter) (all []Label, err error) {
	sums := map[string]*Label{}
	err = r.days(ctx, f, func(l Label, _ time.Time, t *tally) {
		n, seconds := 0, uint32(0)
		for _, q := range t {
			n, seconds = n+int(q.n), seconds+q.seconds
		}
		if n == 0 {
			return
		}
		sum := sums[l.Label]
		if sum == nil {
			sum = &Label{}
			sums[l.Label] = sum
		}
		sum.Label, sum.Title, sum.Group = l.Label, l.Title, l.Group // those of the newest day
		sum.Count, sum.Seconds = sum.Count+n, sum.Seconds+float64(seconds)
		if l.Last.After(sum.Last) {
			sum.Last = l.Last
		}
	})
	for _, l := range sums {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b Label) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Label, b.Label)
	})
	return all, err
}

// Quarters counts events by quarter hour, day after day; one quarter may come in several parts.
func (r *Reader) Quarters(ctx context.Context, f Filter, take func(begin time.Time, n int)) error {
	return r.days(ctx, f, func(_ Label, day time.Time, t *tally) {
		for i, q := range t {
			if q.n > 0 {
				take(day.Add(time.Duration(i)*Quarter), int(q.n))
			}
		}
	})
}

// named are the labels whose name or title has a text in it, and how often they were heard in all.
func (r *Reader) named(ctx context.Context, f Filter) (labels []any, n int, err error) {
	all, err := r.Labels(ctx, Filter{Text: f.Text, Source: f.Source, Groups: f.Groups})
	for _, l := range all {
		labels, n = append(labels, l.Label), n+l.Count
	}
	return labels, n, err
}
