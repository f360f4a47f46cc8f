package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/fleet"
	"earshot/daemon/models"
	"earshot/infer"
	"earshot/internal/logging"
	"earshot/publish"
)

// simulated is a node without ears: the daemon's publisher and its dealing with pushes, but nothing that listens.
type simulated struct {
	*publish.Publisher
	id   string
	stop func()
}

// watched are the labels and groups that a node watches by default.
func watched() (all []publish.Label, err error) {
	f, err := config.Parse("defaults", []byte("{}"), nil)
	if err != nil {
		return nil, err
	}
	for _, l := range f.Config.Watch.Labels {
		all = append(all, publish.Label{ID: l.Label, Icon: l.Icon, Watched: true, On: 0.5, Off: 0.3, Hold: f.Config.Watch.Hold})
	}
	for _, g := range f.Config.Watch.Groups {
		all = append(all, publish.Label{ID: g.Name, Icon: g.Icon, Watched: true, Group: true, Members: g.Labels})
	}
	return all, nil
}

// simulate starts a node at a site. What it tells once a minute begins at a random moment of the first.
func (s *scene) simulate(v *site, id string) (*simulated, error) {
	labels, err := watched()
	if err != nil {
		return nil, err
	}
	dir := s.path(v.name, id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := config.Parse(id, fmt.Appendf(nil, "state_dir: %q\n", dir), nil)
	if err != nil {
		return nil, err
	}
	shelf, err := models.Open(&f.Config)
	if err != nil {
		return nil, err
	}
	n := &simulated{id: id}
	var node *fleet.Node
	settings := publish.Config{NodeID: id, Broker: v.broker.URL(), Topic: base + "/" + v.name, Discovery: true, EventStart: true,
		StateFile: filepath.Join(dir, "discovery.json"), StoreDir: filepath.Join(dir, "unsent"),
		Device:  publish.Device{Name: id, Model: "ACRNN, 50 sounds", SWVersion: "simulated"},
		Sources: []publish.Source{{Name: "mic", Labels: labels}}, Pushed: func(b []byte) { node.Pushed(b) }}
	if n.Publisher, err = publish.New(settings); err != nil {
		return nil, err
	}
	node = fleet.New(fleet.Means{Dir: dir, Shelf: shelf, Tree: func() string { return settings.Topic + "/" + id },
		Owner: func() (fleet.Owner, error) { return s.owner, nil }, Now: time.Now,
		Parts: func(ctx context.Context, sha256 string, size int64, to io.Writer) error {
			return publish.FetchPush(ctx, settings, sha256, size, to)
		},
		Get: fleet.Get, Try: tryModel, Reload: func(context.Context) error { return nil }, Ills: func() []string { return nil },
		Tell: func(r publish.PushReport, dealtWith bool) {
			n.Report(r)
			if dealtWith {
				n.ForgetPush()
			}
		}, Log: logging.New(logging.Config{Level: "error", Out: io.Discard})})
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	n.SourceAvailable("mic", true, "")
	wait.Go(func() { _ = n.Run(ctx) }) // it ends without an error
	wait.Go(func() { _ = node.Run(ctx) })
	wait.Go(func() { n.diagnose(ctx) })
	n.stop = sync.OnceFunc(func() { cancel(); wait.Wait() })
	return n, nil
}

// tryModel is what a node without a runtime can tell of a model.
func tryModel(_ context.Context, m *fleet.Manifest, file []byte) (string, error) {
	if m.Kind != fleet.Model {
		return "", nil
	}
	_, err := infer.ParseModel("the pushed model", file)
	return "", err
}

// diagnose tells a minute's figures each minute.
func (n *simulated) diagnose(ctx context.Context) {
	for next := rand.N(time.Minute); ; next = time.Minute {
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
		n.Diagnostics(publish.Diagnostics{At: time.Now(), LatencyMS: 40 + 20*rand.Float64(), RealTimeFactor: 60 + 5*rand.Float64(), Provider: "cpu",
			Verify:  &publish.VerifyDiagnostics{Asked: 12, Patches: 30, P50: 11.5, P99: 19.25},
			Sources: []publish.SourceDiagnostics{{Name: "mic", LevelDBFS: -50 + 10*rand.Float64(), Minute: true, LAeq: -52, LAmax: -31}}})
	}
}

// bark lets the node hear a dog for so long.
func (n *simulated) bark(d time.Duration) {
	o := publish.Occurrence{Source: "mic", Label: "dog", On: true, Score: 0.81, Peak: 0.93, Onset: time.Now()}
	n.Occurrence(o)
	time.Sleep(d)
	o.On, o.End, o.PeakAt = false, time.Now(), o.Onset
	n.Occurrence(o)
}
