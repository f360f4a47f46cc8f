package eventlog

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"

	"earshot/internal/logging"
	"earshot/internal/test/sinktest"
)

// lines is a log that tests read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// began are the labels of the lines that say ON of a source.
func (l *lines) began(source string) (ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.b.Bytes()) {
		var said struct{ Message, Source, Label string }
		if json.Unmarshal(line, &said) == nil && said.Message == "ON" && said.Source == source {
			ids = append(ids, said.Label)
		}
	}
	return ids
}

func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		out := &lines{}
		s := New(logging.New(logging.Config{Level: "debug", Format: "json", Out: out}))
		return sinktest.Subject{
			Sink: s, Nil: (*Sink)(nil),
			Seen:  func() []string { return out.began(sinktest.Source) },
			Close: func() {},
		}
	})
}
