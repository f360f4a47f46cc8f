package daemon

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/fleet"
	"earshot/daemon/models"
	"earshot/daemon/mqtt"
	"earshot/daemon/status"
	"earshot/internal/logging"
	"earshot/publish"
)

// takeBackPushed takes back what was on trial when the program ended, before anything of it is used: then the configuration is another.
func takeBackPushed(f *config.File, log *logging.Log) bool {
	if f == nil || f.Config.Fleet.OwnerKey == "" {
		return false
	}
	dir, err := f.Config.StateFolder()
	if err != nil {
		return false // of which others complain
	}
	shelf, err := models.Open(&f.Config)
	back := false
	if err == nil {
		back, err = fleet.Recover(dir, shelf, time.Now())
	}
	switch {
	case err != nil:
		log.Error().Err(err).Msg("fleet")
	case back:
		log.Warn().Msg("fleet: what was pushed is taken back: the program ended before it had shown that it is well")
	}
	return back
}

// fleetNode is what deals with pushes. It takes none while the configuration names no owner.
func (d *Daemon) fleetNode(f *config.File) *fleet.Node {
	dir, err := f.Config.StateFolder()
	noState := err
	shelf, _ := models.Open(&f.Config)
	return fleet.New(fleet.Means{
		Dir:   dir,
		Shelf: shelf,
		Tree:  func() string { return d.house().Tree() },
		Owner: func() (fleet.Owner, error) {
			if noState != nil {
				return fleet.Owner{}, noState
			}
			return fleet.ParseOwner(d.configured().Config.Fleet.OwnerKey)
		},
		Now: time.Now,
		Parts: func(ctx context.Context, sha256 string, size int64, to io.Writer) error {
			return d.house().Fetch(ctx, sha256, size, to)
		},
		Get:    fleet.Get,
		Try:    d.tryPushed,
		Reload: d.reloadNow,
		Ills:   d.ills(),
		Tell: func(r publish.PushReport, dealtWith bool) {
			d.set(func() { d.pushed = r })
			d.house().TellPush(r, dealtWith)
		},
		Log: d.log,
	})
}

// configured is the configuration of this moment, house the way to MQTT.
func (d *Daemon) configured() *config.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file
}

func (d *Daemon) house() *mqtt.Sink {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mqtt
}

// tryPushed measures a file that the owner pushed before any of it counts. An overlay is measured by the reload that follows.
func (d *Daemon) tryPushed(ctx context.Context, m *fleet.Manifest, file []byte) (measured string, err error) {
	if m.Kind == fleet.Overlay {
		return "", nil
	}
	f := d.configured()
	if path := f.Config.Model.Path; path != "" {
		return "", fmt.Errorf("model.path names %q: a pushed model is listened with only where it is empty", path)
	}
	return d.compareModels(ctx, f, file)
}

// ills says at each call what the node suffers from, in words that stay the same while it does.
func (d *Daemon) ills() func() []string {
	paces := map[string]*pace{}
	return func() (all []string) {
		s := d.status()
		if !s.Broker.Connected {
			all = append(all, "the broker is not connected")
		}
		if r := s.Inference.Remote; r != nil && !r.Active {
			all = append(all, "the inference server is not in use")
		}
		for _, one := range s.Sources {
			switch one.Phase {
			case status.Online, status.Ended:
			default:
				all = append(all, fmt.Sprintf("source %s is %s", one.Name, one.Phase))
			}
			if one.Problem != "" {
				all = append(all, fmt.Sprintf("source %s: %s", one.Name, one.Problem))
			}
			if one.Verify != nil && one.Verify.Failing != "" {
				all = append(all, fmt.Sprintf("source %s has no second opinion", one.Name))
			}
			if paces[one.Name] == nil {
				paces[one.Name] = &pace{since: one}
			}
			all = append(all, paces[one.Name].look(one)...)
		}
		slices.Sort(all)
		return all
	}
}

// A source is judged by so many windows at a time, which are 7 s of sound by default: what is said of the last ones stays until there are as many
// again, however often one looks. Of those it may drop this share.
const (
	enoughWindows = 10
	shareDropped  = 10
)

// pace is how a source fares with its windows.
type pace struct {
	since       status.Source // counters, when it was judged last
	slow, fails bool
}

// look takes its counters of this moment, and says what it suffers from.
func (p *pace) look(now status.Source) (ills []string) {
	scored, dropped, failed := now.Windows-p.since.Windows, now.Dropped-p.since.Dropped, now.Failed-p.since.Failed
	switch all := scored + dropped + failed; {
	case min(scored, dropped, failed) < 0: // it began anew
		*p = pace{since: now}
	case all >= enoughWindows:
		*p = pace{since: now, slow: dropped*shareDropped > all, fails: failed > 0}
	default:
		p.fails = p.fails || failed > 0
	}
	if p.slow {
		ills = append(ills, fmt.Sprintf("source %s drops windows", now.Name))
	}
	if p.fails {
		ills = append(ills, fmt.Sprintf("source %s has windows that fail", now.Name))
	}
	return ills
}
