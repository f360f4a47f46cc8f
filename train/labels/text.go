package labels

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// track reads Audacity's label track.
func (p *parser) track(text string) (*File, error) {
	r := Recording{}
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, `\`) {
			continue
		}
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) < 3 {
			return nil, p.fault(i+1, "%q: want start, end and label with tabs between (an Audacity label track), or a head line with filename, onset, offset and event_label", shorten(line))
		}
		onset, offset, err := p.times(i+1, fields[0], fields[1])
		if err != nil {
			return nil, err
		}
		e, err := p.event(i+1, onset, offset, fields[2])
		if err != nil {
			return nil, err
		}
		r.Events = append(r.Events, e)
	}
	return &File{[]Recording{r}}, nil
}

var columns = []string{"filename", "onset", "offset", "event_label"}

// table reads DCASE's table. Columns beyond the four are passed over.
func (p *parser) table(text string) (*File, error) {
	lines := strings.Split(text, "\n")
	head := strings.Split(strings.TrimRight(lines[0], "\r"), "\t")
	var at [4]int
	for c, name := range columns {
		if at[c] = slices.Index(head, name); at[c] < 0 {
			return nil, p.fault(1, "no column %q in %q; want %s, with tabs between", name, shorten(lines[0]), strings.Join(columns, ", "))
		}
	}
	f := &File{}
	index := map[string]int{}
	for i, line := range lines[1:] {
		line = strings.TrimRight(line, "\r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		field := func(c int) string {
			if at[c] < len(fields) {
				return strings.TrimSpace(fields[at[c]])
			}
			return ""
		}
		name := field(0)
		if name == "" || len(name) > maxName {
			return nil, p.fault(i+2, "file name %q: want 1 to %d bytes", shorten(name), maxName)
		}
		name = base(name)
		r, known := index[name]
		if !known {
			r = len(f.Recordings)
			index[name] = r
			f.Recordings = append(f.Recordings, Recording{Name: name})
		}
		if field(1) == "" && field(2) == "" && field(3) == "" {
			continue // nothing is to be heard in it
		}
		onset, offset, err := p.times(i+2, field(1), field(2))
		if err != nil {
			return nil, err
		}
		e, err := p.event(i+2, onset, offset, field(3))
		if err != nil {
			return nil, err
		}
		f.Recordings[r].Events = append(f.Recordings[r].Events, e)
	}
	return f, nil
}

// base is the last part of a path of any system.
func base(name string) string { return name[strings.LastIndexAny(name, `/\`)+1:] }

func (p *parser) times(line int, from, to string) (onset, offset float64, err error) {
	var v [2]float64
	for i, s := range []string{from, to} {
		if v[i], err = strconv.ParseFloat(strings.TrimSpace(s), 64); err != nil {
			return 0, 0, p.fault(line, "%s %q: want seconds, such as 12.5", []string{"onset", "offset"}[i], shorten(s))
		}
	}
	return v[0], v[1], nil
}

// WriteTrack writes events as an Audacity label track.
func WriteTrack(w io.Writer, events []Event) error {
	b := bufio.NewWriter(w)
	for _, e := range events {
		fmt.Fprintf(b, "%s\t%s\t%s\n", seconds(e.Onset), seconds(e.Offset), e.Label)
	}
	return b.Flush()
}

// WriteTable writes recordings as DCASE's table.
func WriteTable(w io.Writer, recordings []Recording) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, strings.Join(columns, "\t"))
	for _, r := range recordings {
		if len(r.Events) == 0 {
			fmt.Fprintf(b, "%s\t\t\t\n", r.Name)
		}
		for _, e := range r.Events {
			fmt.Fprintf(b, "%s\t%s\t%s\t%s\n", r.Name, seconds(e.Onset), seconds(e.Offset), e.Label)
		}
	}
	return b.Flush()
}

// seconds writes a time to the microsecond, finer than a sample.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 6, 64) }
