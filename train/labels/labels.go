// Package labels reads and writes what sounds when in a recording, in three
// kinds of files:
//
//   - Audacity's label track (.txt): start, end and label a line, separated by
//     tabs, in seconds; lines that begin with a backslash (its frequency
//     ranges) are passed over. It is about the one recording it lies beside.
//   - DCASE's table (.tsv): a head line with the columns filename, onset, offset
//     and event_label, tabs between; one table may be about many recordings, and
//     a row with a file name alone says that nothing is to be heard in it.
//   - JSON (.json) as [File] is written, by earshot mix.
//
// The kind follows from the content, not from the name. Labels become ids as
// the data sets' do ("Door knock" → door_knock). Reading is bounded; errors name
// file and line, and quote what they found.
package labels

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"earshot/internal/readfile"
	"earshot/train/dataset"
	"earshot/train/metrics/stream"
)

// Limits of a label file.
const (
	maxBytes   = 16 << 20
	maxEvents  = 200_000
	maxLabel   = 64   // bytes
	maxSeconds = 1e7  // 116 days
	maxName    = 4096 // bytes, of a recording
)

// File is a label file's content, by recording.
type File struct {
	Recordings []Recording
}

// Recording is one recording's labels.
type Recording struct {
	Name   string // base name as the file has it; "" in a label track, which does not say
	Events []Event
}

// Event is a labelled stretch.
type Event = stream.Reference

// Of returns the labels of the recording at path: those under its base name, or
// under its name without the extension, or those of a file that names none.
func (f *File) Of(path string) ([]Event, bool) {
	base := filepath.Base(path)
	for _, same := range []func(a, b string) bool{
		func(a, b string) bool { return a == b },
		func(a, b string) bool { return stem(a) == stem(b) },
		func(a, _ string) bool { return a == "" },
	} {
		for _, r := range f.Recordings {
			if same(r.Name, base) {
				return r.Events, true
			}
		}
	}
	return nil, false
}

func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// Read reads the label file at path.
func Read(path string) (*File, error) {
	f, err := readfile.Open(path, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("label file: %w", err)
	}
	defer f.Close()
	return Parse(fmt.Sprintf("label file %q", path), f)
}

// Parse reads a label file of any of the three kinds; what stands for it in errors.
func Parse(what string, r io.Reader) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%s: larger than %d MiB; is it the right file?", what, maxBytes>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	p := &parser{what: what}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	switch begin := bytes.TrimSpace(first); {
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")):
		return p.json(text)
	case bytes.Contains(begin, []byte("event_label")):
		return p.table(string(text))
	default:
		return p.track(string(text))
	}
}

// parser collects events and checks each.
type parser struct {
	what   string
	events int
}

func (p *parser) fault(line int, format string, a ...any) error {
	return fmt.Errorf("%s:%d: %s", p.what, line, fmt.Sprintf(format, a...))
}

// event checks one event's values.
func (p *parser) event(line int, onset, offset float64, label string) (Event, error) {
	p.events++
	id := dataset.ID(label)
	switch {
	case p.events > maxEvents:
		return Event{}, p.fault(line, "more than %d events", maxEvents)
	case len(label) > maxLabel:
		return Event{}, p.fault(line, "label %q…: longer than %d bytes", label[:maxLabel], maxLabel)
	case id == "":
		return Event{}, p.fault(line, "label %q: want a name with a letter or digit", label)
	case !(onset >= 0 && onset <= maxSeconds && !math.IsInf(offset, 0) && offset <= maxSeconds):
		return Event{}, p.fault(line, "%s from %g to %g s: want times of 0 to %g s", id, onset, offset, float64(maxSeconds))
	case !(offset >= onset):
		return Event{}, p.fault(line, "%s ends at %g s, before it begins at %g s", id, offset, onset)
	}
	return Event{Label: id, Onset: onset, Offset: offset}, nil
}

func shorten(s string) string {
	if len(s) > maxLabel {
		return s[:maxLabel] + "…"
	}
	return s
}
