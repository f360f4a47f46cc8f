package labels

import (
	"encoding/json"
	"io"
)

// document is the part of a JSON label file that is read. What else stands
// there says how a scene was made.
type document struct {
	Recording string      `json:"recording"`
	Events    []jsonEvent `json:"events"`
}

type jsonEvent struct {
	Label  string   `json:"label"`
	Onset  *float64 `json:"onset"`
	Offset *float64 `json:"offset"`
}

// json reads a JSON label file. Faults are told by the event's number, from 1:
// the file has no lines of its own.
func (p *parser) json(text []byte) (*File, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, p.fault(lineOf(text, err), "%v; want {\"recording\": …, \"events\": [{\"label\": …, \"onset\": s, \"offset\": s}, …]}", err)
	}
	if d.Events == nil {
		return nil, p.fault(1, "no \"events\"; want {\"recording\": …, \"events\": [{\"label\": …, \"onset\": s, \"offset\": s}, …]}")
	}
	if len(d.Recording) > maxName {
		return nil, p.fault(1, "the recording's name is longer than %d bytes", maxName)
	}
	r := Recording{Name: base(d.Recording)}
	for i, e := range d.Events {
		if e.Onset == nil || e.Offset == nil {
			return nil, p.fault(1, "event %d, %q: want an onset and an offset, in seconds", i+1, shorten(e.Label))
		}
		event, err := p.event(1, *e.Onset, *e.Offset, e.Label)
		if err != nil {
			return nil, p.fault(1, "event %d: %v", i+1, err)
		}
		r.Events = append(r.Events, event)
	}
	return &File{[]Recording{r}}, nil
}

// lineOf is where a JSON error lies.
func lineOf(text []byte, err error) int {
	offset := int64(0)
	switch e := err.(type) {
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		offset = e.Offset
	}
	line := 1
	for _, c := range text[:min(offset, int64(len(text)))] {
		if c == '\n' {
			line++
		}
	}
	return line
}

// WriteJSON writes v, which holds what [document] does and may say more.
func WriteJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
