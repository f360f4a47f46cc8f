package labels

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func event(label string, onset, offset float64) Event {
	return Event{Label: label, Onset: onset, Offset: offset}
}

func TestParse(t *testing.T) {
	dog := []Event{event("dog", 1.5, 2), event("door_knock", 3, 3)}
	for _, c := range []struct {
		name, text string
		want       File
	}{
		{"track", "1.500000\t2.000000\tdog\n3\t3\tDoor knock\n", File{[]Recording{{"", dog}}}},
		{"track of Audacity for Windows, with a frequency range", "\xef\xbb\xbf1.5\t2\tdog\r\n\\\t100.0\t2000.0\r\n\r\n3\t3\tDoor knock", File{[]Recording{{"", dog}}}},
		{"empty track", "", File{[]Recording{{}}}},
		{"table", "filename\tonset\toffset\tevent_label\na/x.wav\t1.5\t2\tdog\nx.wav\t3\t3\tdoor_knock\ny.wav\t\t\t\n", File{[]Recording{{"x.wav", dog}, {"y.wav", nil}}}},
		{"table with other columns and order", "event_label\tsnr\toffset\tonset\tfilename\r\ndog\t5\t2\t1.5\tx.wav\r\nquiet.wav\n", File{}},
		{"json", `{"recording": "x.flac", "seed": 1, "events": [{"label": "dog", "onset": 1.5, "offset": 2, "snr_db": 3}, {"label": "Door knock", "onset": 3, "offset": 3}]}`, File{[]Recording{{"x.flac", dog}}}},
		{"json without events", `{"recording": "x.flac", "events": []}`, File{[]Recording{{"x.flac", nil}}}},
	} {
		got, err := Parse("label file", strings.NewReader(c.text))
		if c.want.Recordings == nil {
			if err == nil || !strings.Contains(err.Error(), ":3:") {
				t.Errorf("%s: %+v, %v; want an error in line 3", c.name, got, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "filename\tonset\toffset\tevent_label\n"
	for _, c := range []struct{ text, want string }{
		{"1\t2", `x:1: "1\t2": want start, end and label with tabs between`},
		{"1\t2\tdog\n1,5\t2\tdog", `x:2: onset "1,5": want seconds`},
		{"1\tb\x1b[2J\tdog", `x:1: offset "b\x1b[2J": want seconds`},
		{"2\t1\tdog", "x:1: dog ends at 1 s, before it begins at 2 s"},
		{"-1\t1\tdog", "x:1: dog from -1 to 1 s: want times of 0"},
		{"NaN\t1\tdog", "x:1: dog from NaN"},
		{"1\tInf\tdog", "x:1: dog from 1 to +Inf"},
		{"1\tNaN\tdog", "x:1: dog from 1 to NaN s"},
		{"1\t2\t?!", `x:1: label "?!": want a name with a letter or digit`},
		{"1\t2\t" + strings.Repeat("a", 65), "longer than 64 bytes"},
		{"filename\tonset\tevent_label\n", `x:1: no column "offset"`},
		{head + "\t1\t2\tdog", `x:2: file name ""`},
		{head + "a\t1\t\tdog", `x:2: offset ""`},
		{"{", "x:1: unexpected end of JSON input"},
		{"{\n\"events\": [\n{\"onset\": \"1\"}]}", "x:3: json: cannot unmarshal"},
		{"{}", `x:1: no "events"`},
		{`{"events": [{"label": "dog", "onset": 1}]}`, `x:1: event 1, "dog": want an onset and an offset`},
		{strings.Repeat("1\t2\ta\n", maxEvents+1), "more than 200000 events"},
		{strings.Repeat(" ", maxBytes+1), "larger than 16 MiB"},
	} {
		_, err := Parse("x", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: %v; want %q", c.text, err, c.want)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestOf(t *testing.T) {
	a, b := []Event{event("a", 1, 2)}, []Event{event("b", 1, 2)}
	named := &File{[]Recording{{"x.wav", a}, {"x.flac", b}}}
	for path, want := range map[string][]Event{"/d/x.wav": a, "x.flac": b, "x.mp3": a, "y.wav": nil} {
		if got, ok := named.Of(path); !reflect.DeepEqual(got, want) || ok != (want != nil) {
			t.Errorf("%s: %v, %v; want %v", path, got, ok, want)
		}
	}
	if got, ok := (&File{[]Recording{{"", a}}}).Of("any.wav"); !ok || !reflect.DeepEqual(got, a) {
		t.Errorf("a label track is about any recording: %v, %v", got, ok)
	}
}

// What is written is read back, to the microsecond.
func TestRoundTrip(t *testing.T) {
	r := []Recording{{"x.wav", []Event{event("dog", 0.123456, 1234.5), event("cat", 2, 2)}}, {"y.wav", nil}}
	var track, table, doc bytes.Buffer
	for _, err := range []error{WriteTrack(&track, r[0].Events), WriteTable(&table, r), WriteJSON(&doc, map[string]any{"recording": "x.wav", "events": []map[string]any{
		{"label": "dog", "onset": 0.123456, "offset": 1234.5}, {"label": "cat", "onset": 2, "offset": 2}}})} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]Recording{track.String(): {{"", r[0].Events}}, table.String(): r, doc.String(): r[:1]} {
		got, err := Parse("x", strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(got.Recordings, want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// FuzzParse holds that any bytes give events that can be counted with, which
// come back from being written, or an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte("1.5\t2\tdog\n\\\t1\t2\n"))
	f.Add([]byte("filename\tonset\toffset\tevent_label\nx.wav\t1\t2\tdog\ny.wav\t\t\t\n"))
	f.Add([]byte(`{"recording": "x", "events": [{"label": "dog", "onset": 1, "offset": 2}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse("x", bytes.NewReader(text))
		if err != nil {
			return
		}
		var out bytes.Buffer
		for _, r := range got.Recordings {
			for _, e := range r.Events {
				if e.Label == "" || !(e.Onset >= 0 && e.Offset >= e.Onset && e.Offset <= maxSeconds) {
					t.Fatalf("%+v", e)
				}
			}
		}
		if err := WriteTable(&out, got.Recordings); err != nil {
			t.Fatal(err)
		}
		if got.Recordings[0].Name == "" {
			return
		}
		again, err := Parse("x", &out)
		if err != nil || len(again.Recordings) != len(got.Recordings) {
			t.Fatalf("%+v was written and read back as %+v, %v", got, again, err)
		}
	})
}
