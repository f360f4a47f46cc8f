package api

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/history/store"
)

// maxText bounds what a question may name.
const maxText = 128

func quoted(text string) string { return fmt.Sprintf("%.80q", text) }

func (v *values) text(name string) (string, error) {
	text := v.all.Get(name)
	if len(text) > maxText {
		return "", mistake{fmt.Sprintf("%s: want %d bytes at the most", name, maxText)}
	}
	return text, nil
}

// moment is a time: RFC 3339, or how long ago.
func (v *values) moment(name string, otherwise time.Time) (time.Time, error) {
	text := v.all.Get(name)
	if text == "" {
		return otherwise, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	ago, err := config.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, mistake{fmt.Sprintf("%s=%s: want a time such as 2026-11-22T18:30:00Z, or how long ago, such as 24h or 7d", name, quoted(text))}
	}
	return v.now.Add(-ago), nil
}

// span is from since to until, at most so long; since is otherwise usual before now.
func (v *values) span(usual, most time.Duration) (since, until time.Time, err error) {
	if until, err = v.moment("until", v.now.Add(time.Minute)); err != nil {
		return
	}
	if since, err = v.moment("since", v.now.Add(-usual)); err != nil {
		return
	}
	if span := until.Sub(since); span < 0 || span > most {
		err = mistake{fmt.Sprintf("since … until: want a span of %g days at the most", most.Hours()/24)}
	}
	return
}

func (v *values) number(name string, otherwise, low, high int) (int, error) {
	text := v.all.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, mistake{fmt.Sprintf("%s=%s: want a number from %d to %d", name, quoted(text), low, high)}
	}
	return n, nil
}

func (v *values) duration(name string, otherwise, most time.Duration) (time.Duration, error) {
	text := v.all.Get(name)
	if text == "" {
		return otherwise, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		return 0, mistake{fmt.Sprintf("%s=%s: want a duration such as 5s, of %v at the most", name, quoted(text), most)}
	}
	return d, nil
}

func (v *values) filter() (f store.Filter, err error) {
	for name, to := range map[string]*string{"source": &f.Source, "label": &f.Label, "q": &f.Text} {
		if *to, err = v.text(name); err != nil {
			return f, err
		}
	}
	switch text := v.all.Get("groups"); text {
	case "", "false":
	case "true":
		f.Groups = true
	default:
		return f, mistake{"groups=" + quoted(text) + ": want true or false"}
	}
	if f.Since, err = v.moment("since", time.Time{}); err == nil {
		f.Until, err = v.moment("until", time.Time{})
	}
	return f, err
}

// cursor is a place among events, as "next" of the page before said.
func (v *values) cursor(name string) (c store.Cursor, err error) {
	text := v.all.Get(name)
	if text == "" {
		return c, nil
	}
	at, id, ok := strings.Cut(text, "-")
	onset, err := strconv.ParseInt(at, 10, 64)
	if err == nil {
		c.ID, err = strconv.ParseInt(id, 10, 64)
	}
	if !ok || err != nil || c.ID <= 0 || onset < 0 {
		return c, mistake{name + "=" + quoted(text) + ": want what \"next\" of the page before said"}
	}
	c.Onset = time.UnixMilli(onset)
	return c, nil
}

func cursorText(c store.Cursor) string { return fmt.Sprintf("%d-%d", c.Onset.UnixMilli(), c.ID) }
