package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"time"

	"earshot/internal/test/mosquitto"
)

// load is what so many nodes did to a broker for a while.
type load struct {
	what, broker string
	nodes        int
	lasted       time.Duration
	from, to     figures
	topics, kept int64 // that the broker keeps of them; bytes, names and payloads
}

// measure notes what nodes do to the brokers of a site and of the head office while something lasts.
func (s *scene) measure(what string, v *site, during func() error) error {
	loads := []load{{what: what, broker: "the site's"}, {what: what, broker: "the head office's"}}
	brokers := []*mosquitto.Broker{v.broker, s.office}
	each := func(do func(*load, *mosquitto.Broker) error) error { // they tell of themselves every ten seconds
		var wait sync.WaitGroup
		errs := make([]error, len(loads))
		for i := range loads {
			wait.Go(func() { errs[i] = do(&loads[i], brokers[i]) })
		}
		wait.Wait()
		return errors.Join(errs...)
	}
	err := each(func(l *load, b *mosquitto.Broker) (err error) { l.from, err = figuresOf(b); return err })
	if err == nil {
		err = during()
	}
	if err == nil {
		err = each(func(l *load, b *mosquitto.Broker) (err error) { l.to, err = figuresOf(b); return err })
	}
	if err != nil {
		return err
	}
	for i := range loads {
		l := &loads[i]
		l.lasted, l.nodes = l.to.at.Sub(l.from.at), len(v.sims)
		all, err := retained(brokers[i], base+"/"+v.name+"/#", everything)
		if err != nil {
			return err
		}
		l.topics = int64(len(all))
		for name, text := range all {
			l.kept += int64(len(name) + len(text))
		}
	}
	s.loads = append(s.loads, loads...)
	return nil
}

// begin lets a site begin with so many nodes, and waits until all are known at the head office.
func (s *scene) begin(v *site, n int) (took time.Duration, err error) {
	err = s.measure("birth", v, func() error {
		began := time.Now()
		w, err := watch(s.office.URL(), base+"/"+v.name+"/+/instance")
		if err != nil {
			return err
		}
		defer w.Close()
		if err := s.populate(v, n); err != nil {
			return err
		}
		err = until("all nodes are known at the head office", func() bool { return len(w.newest(everything)) == n })
		took = time.Since(began)
		return err
	})
	return took, err
}

// quiet is how long a site is looked at.
const quiet = time.Minute

// both measures a site for a minute without a sound, and for one in which each node hears one.
func (s *scene) both(v *site) error {
	if err := s.measure("rest", v, func() error { time.Sleep(quiet); return nil }); err != nil {
		return err
	}
	return s.measure("use", v, func() error {
		began := time.Now()
		var wait sync.WaitGroup
		for _, n := range v.sims {
			wait.Go(func() {
				time.Sleep(rand.N(quiet - 5*time.Second))
				n.bark(2 * time.Second)
			})
		}
		wait.Wait()
		time.Sleep(time.Until(began.Add(quiet)))
		return nil
	})
}

func restAndUse(s *scene) (string, error) {
	took, err := s.begin(s.north, nodes-reals)
	if err != nil {
		return "", err
	}
	if err := s.both(s.north); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d nodes are known at the head office %s after the first began; a minute of rest and one with a sound a node: below", nodes-reals, round(took)), nil
}

func second(s *scene) (string, error) {
	var err error
	if s.south, err = s.newSite("south"); err != nil {
		return "", err
	}
	took, err := s.begin(s.south, many)
	if err != nil {
		return "", err
	}
	if err := s.both(s.south); err != nil {
		return "", err
	}
	events, err := retained(s.office, base+"/south/#", regexp.MustCompile(`/availability$`))
	if err != nil {
		return "", err
	}
	off := 0
	for _, text := range events {
		if text != "online" {
			off++
		}
	}
	if off > 0 {
		s.Fail("%d are offline", off)
	}
	return fmt.Sprintf("%d nodes are known at the head office %s after the first began: below", many, round(took)), nil
}

// printLoads prints the figures, a row for each broker and state.
func (s *scene) printLoads() {
	if len(s.loads) == 0 {
		return
	}
	fmt.Print("\n| broker | nodes | state | messages a node and minute, in | bytes, in | bytes, out | processor, s an hour and 1000 nodes | memory, MB | kept topics a node | kept, bytes a node |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range s.loads {
		per := func(n int64) float64 { return float64(n) / float64(l.nodes) / l.lasted.Minutes() }
		unit, cpu := "", (l.to.cpu-l.from.cpu).Seconds()/l.lasted.Hours()/float64(l.nodes)*1000
		if l.what == "birth" { // it is no state that lasts: counted by node, not by time
			per = func(n int64) float64 { return float64(n) / float64(l.nodes) }
			unit, cpu = " (a node, once; processor s 1000 nodes)", (l.to.cpu-l.from.cpu).Seconds()/float64(l.nodes)*1000
		}
		fmt.Printf("| %s | %d | %s%s | %.1f | %.0f | %.0f | %.1f | %.1f | %.0f | %.0f |\n", l.broker, l.nodes, l.what, unit, per(l.to.inMessages-l.from.inMessages),
			per(l.to.inBytes-l.from.inBytes), per(l.to.outBytes-l.from.outBytes), cpu, float64(l.to.resident)/1e6, float64(l.topics)/float64(l.nodes), float64(l.kept)/float64(l.nodes))
	}
}
