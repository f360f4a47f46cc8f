package mqtt

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"earshot/daemon/config"
	"earshot/daemon/rules"
	"earshot/internal/logging"
	"earshot/internal/subscribe"
	"earshot/internal/test/sinktest"
)

// TestContract: behind the sink a subscriber listens to the embedded broker.
func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		f, err := config.Parse("x.yaml", []byte("mqtt: {embedded: '127.0.0.1:0', event_start: true, scores: 2}\nnode: {id: n1}\nstate_dir: '"+t.TempDir()+"'\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		var watched []rules.Label
		for _, id := range sinktest.Labels {
			watched = append(watched, rules.Label{ID: id, Title: id})
		}
		k, err := New(Setup{
			File: f, Rules: &rules.Rules{Watched: watched},
			Sources: []config.Source{{Name: sinktest.Source}, {Name: sinktest.Other}},
			Log:     logging.New(logging.Config{Level: "error", Out: io.Discard}),
		}, nil, Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var seen []string
		listener, err := subscribe.New(k.Address(), "earshot/n1/"+sinktest.Source+"/event", func(m subscribe.Message) {
			var e struct {
				Type  string `json:"event_type"`
				Phase string `json:"phase"`
			}
			if json.Unmarshal(m.Payload, &e) == nil && e.Phase == "start" {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, e.Type)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		k.Start(ctx, func(err error) { t.Error(err) })
		var once sync.Once
		end := func() {
			once.Do(func() {
				listener.Close()
				if err := k.Stop(false); err != nil && !strings.Contains(err.Error(), "did not stop") {
					t.Error(err)
				}
				cancel()
			})
		}
		t.Cleanup(end)
		return sinktest.Subject{
			Sink: k, Nil: (*Sink)(nil),
			Seen: func() []string {
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(seen)
			},
			Close: end,
		}
	})
}
