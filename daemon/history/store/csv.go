package store

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// columns of the table that CSV writes, and what stands in them.
var columns = []struct {
	name string
	of   func(e *Event) string
}{
	{"onset", func(e *Event) string { return moment(e.Onset) }},
	{"end", func(e *Event) string { return moment(e.End) }},
	{"cut", func(e *Event) string { return strconv.FormatBool(e.Cut) }},
	{"source", func(e *Event) string { return e.Source }},
	{"label", func(e *Event) string { return e.Label }},
	{"title", func(e *Event) string { return e.Title }},
	{"group", func(e *Event) string { return strconv.FormatBool(e.Group) }},
	{"muted", func(e *Event) string { return strconv.FormatBool(e.Muted) }},
	{"score", func(e *Event) string { return number(&e.Score) }},
	{"peak", func(e *Event) string { return number(&e.Peak) }},
	{"on", func(e *Event) string { return number(&e.On) }},
	{"off", func(e *Event) string { return number(&e.Off) }},
	{"first", func(e *Event) string { return number(e.First) }},
	{"second", func(e *Event) string { return number(e.Second) }},
	{"level_dbfs", func(e *Event) string { return number(&e.LevelDBFS) }},
	{"model", func(e *Event) string { return e.Model }},
	{"clip", func(e *Event) string { return e.Clip }},
	{"verdict", func(e *Event) string { return e.Verdict }},
	{"actual", func(e *Event) string { return e.Actual }},
}

// CSV writes events as comma-separated values under a line of names, newest first.
func (r *Reader) CSV(ctx context.Context, out io.Writer, f Filter, limit int) error {
	w := csv.NewWriter(out)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	err := w.Write(row)
	if err == nil {
		err = r.Events(ctx, f, Cursor{}, limit, func(e Event) error {
			for i, c := range columns {
				row[i] = plain(c.of(&e))
			}
			return w.Write(row)
		})
	}
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return err
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', 6, 64)
}

// plain keeps a spreadsheet from taking a name for a formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
