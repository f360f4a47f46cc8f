package clips

import (
	"context"
	"os"
	"strings"
	"testing"

	"earshot/daemon/sink"
	"earshot/infer/smooth"
	"earshot/internal/test/sinktest"
)

// sinkOf makes a sink whose sources have heard some seconds, and that writes what it cuts.
func sinkOf(t *testing.T) (*Sink, func()) {
	t.Helper()
	s := NewSink(newStore(t, config(t.TempDir())), func() string { return "http://hall/" })
	for _, name := range []string{sinktest.Source, sinktest.Other} {
		s.Listen(name).Write(0, sound(0, 4*rate))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx) // nil always
	}()
	return s, func() { cancel(); <-done }
}

func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		s, end := sinkOf(t)
		return sinktest.Subject{Sink: s, Nil: (*Sink)(nil), Close: end}
	})
}

// TestSinkCuts: an event's clip is named in it at both ends and in the folder afterwards; a muted sound, a group and
// a source without sound have none.
func TestSinkCuts(t *testing.T) {
	s, end := sinkOf(t)
	tell := func(source, id string, on bool, change func(*sink.Event)) sink.Clip {
		e := &sink.Event{Event: smooth.Event{On: on, Onset: rate, End: 2 * rate}, Source: source, ID: id, Onset: noon}
		if change != nil {
			change(e)
		}
		s.Event(e)
		return e.Clip
	}
	on := tell("mic", "dog", true, nil)
	if !isClipName(on.Name) || !strings.HasSuffix(on.Path, "/"+on.Name) || on.URL != "http://hall/clips/"+on.Name {
		t.Errorf("%+v", on)
	}
	if off := tell("mic", "dog", false, nil); off != on {
		t.Errorf("begun as %+v, ended as %+v", on, off)
	}
	for name, c := range map[string]sink.Clip{
		"muted":   tell("mic", "cat", true, func(e *sink.Event) { e.Muted = true }),
		"over":    tell("mic", "cat", false, nil),
		"a group": tell("mic", "alarm", true, func(e *sink.Event) { e.Group = true }),
		"unheard": tell("nobody", "dog", true, nil),
	} {
		if c != (sink.Clip{}) {
			t.Errorf("%s: %+v", name, c)
		}
	}
	s.Source(sink.Source{Name: "mic", Phase: "ended"})
	if c := tell("mic", "dog", true, nil); c != (sink.Clip{}) {
		t.Errorf("after its end: %+v", c)
	}
	end()
	files, err := os.ReadDir(s.Dir())
	if err != nil || len(files) != 1 || files[0].Name() != on.Name {
		t.Errorf("%v %v", files, err)
	}
}
