package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"earshot/daemon/fleet"
	"earshot/internal/test/mosquitto"
	"earshot/internal/test/rig"
)

const (
	base  = "earshot" // of all topics
	nodes = 40        // of the first site
	reals = 4         // of them
)

// many are the nodes of the second site.
var many = 1000

// site is a broker with its nodes.
type site struct {
	name   string
	broker *mosquitto.Broker
	reals  []*daemon
	sims   []*simulated
}

// scene is the head office and its sites.
type scene struct {
	rig.Promises
	dir, program string
	key, forged  string // private keys: the owner's, somebody else's
	owner        fleet.Owner
	office       *mosquitto.Broker
	north, south *site
	loads        []load
}

func (s *scene) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

// open makes the keys, and both brokers of the first site's nodes.
func (s *scene) open() (err error) {
	if s.dir, err = os.MkdirTemp("", "fleet"); err != nil {
		return err
	}
	s.key, s.forged = s.path("owner"), s.path("somebody")
	for _, path := range []string{s.key, s.forged} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path).CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	if s.owner, err = fleet.ParseOwner(s.key + ".pub"); err != nil {
		return err
	}
	if s.office, err = startBroker("max_queued_messages 100000"); err != nil {
		return err
	}
	s.north, err = s.newSite("north")
	return err
}

// newSite runs a site's broker, with its bridge.
func (s *scene) newSite(name string) (*site, error) {
	lines, err := bridgeOf(name, s.office.Addr())
	if err != nil {
		return nil, err
	}
	b, err := startBroker(lines...)
	return &site{name: name, broker: b}, err
}

// populate gives a site so many nodes without ears, a few at a time as a site grows.
func (s *scene) populate(v *site, n int) error {
	var wait sync.WaitGroup
	made, errs := make([]*simulated, n), make([]error, n)
	slots := make(chan struct{}, 50)
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			made[i], errs[i] = s.simulate(v, fmt.Sprintf("s%04d", i))
		})
	}
	wait.Wait()
	for _, m := range made {
		if m != nil {
			v.sims = append(v.sims, m)
		}
	}
	return errors.Join(errs...)
}

// empty stops all nodes of a site at once.
func (v *site) empty() {
	var wait sync.WaitGroup
	for _, d := range v.reals {
		wait.Go(d.stop)
	}
	for _, n := range v.sims {
		wait.Go(n.stop)
	}
	wait.Wait()
	v.reals, v.sims = nil, nil
}

func (s *scene) close() {
	for _, v := range []*site{s.north, s.south} {
		if v != nil {
			v.empty()
			if v.broker != nil {
				v.broker.Close()
			}
		}
	}
	if s.office != nil {
		s.office.Close()
	}
	os.RemoveAll(s.dir)
}
