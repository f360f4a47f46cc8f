package web

import (
	"encoding/json"
	"sync"
	"testing"

	"earshot/internal/test/sinktest"
)

// TestContract: behind the hub an open page reads as fast as it can.
func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		h := NewHub()
		_, pipe, ok := h.open()
		if !ok {
			t.Fatal("no page may open")
		}
		var mu sync.Mutex
		var seen []string
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				case text := <-pipe:
					var m EventMessage
					if json.Unmarshal(text, &m) == nil && m.Type == "event" && m.On && m.Source == sinktest.Source {
						mu.Lock()
						seen = append(seen, m.Label)
						mu.Unlock()
					}
				}
			}
		}()
		return sinktest.Subject{
			Sink: h, Nil: (*Hub)(nil),
			Seen: func() []string {
				mu.Lock()
				defer mu.Unlock()
				return append([]string(nil), seen...)
			},
			Close: func() { h.close(pipe); close(stop); <-stopped },
		}
	})
}
