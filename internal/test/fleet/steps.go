package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"earshot/internal/test/rig"
	"earshot/publish"
)

// steps are what is shown, in order: each goes on from where the one before it left the fleet.
var steps = []rig.Step[*scene]{
	{"a site at rest, and in use", restAndUse},
	{"forty nodes at the site, seen at the head office", registered},
	{"Home Assistant starts at the site", births},
	{"an overlay, to `north/*`, canaries first", overlay},
	{"an overlay that silences a node", silencing},
	{"a model: the light network, to all", lightModel},
	{"a model that does not know the watched labels", wrongModel},
	{"a model that is too slow for the machine", slowModel},
	{"a model whose scores are no numbers", nanModel},
	{"a model that fails at what the microphone hears", failingModel},
	{"by URL: the file that was signed, another, a longer one", byURL},
	{"a push that somebody else signed, or changed", forgedPush},
	{"a push of yesterday, again", replayedPush},
	{"a node whose clock is an hour behind", wrongClock},
	{"the head office's broker is killed, and started again", officeKilled},
	{"the head office's broker is killed while a push is on trial", officeKilledOnTrial},
	{"the site's broker is killed, and started again", siteKilled},
	{"a thousand nodes more, at a second site", second},
	{"the head office's broker is killed, with all of them", officeKilledFull},
}

// settle brings the first site to forty nodes, wherever it stands.
func (s *scene) settle() error {
	v := s.north
	if len(v.sims) == 0 {
		if err := s.populate(v, nodes-reals); err != nil {
			return err
		}
	}
	for len(v.reals) < reals {
		if _, err := s.startDaemon(v, fmt.Sprintf("r%d", len(v.reals)+1), nil); err != nil {
			return err
		}
	}
	return until("all daemons listen", func() bool {
		for _, d := range v.reals {
			if now := d.status(); len(now.Sources) == 0 || now.Sources[0].Windows == 0 || !now.Broker.Connected {
				return false
			}
		}
		return true
	})
}

func online(all []publish.Node) (n int) {
	for _, one := range all {
		if one.Online && !one.CutOff {
			n++
		}
	}
	return n
}

// registered looks at the fleet from the head office.
func registered(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	all, took, err := s.list(s.office, func(all []publish.Node) bool {
		seen := 0
		for _, n := range all {
			if !n.LastSeen.IsZero() {
				seen++
			}
		}
		return online(all) == nodes && seen == nodes
	})
	if err != nil {
		return "", err
	}
	versions, models, providers := map[string]int{}, map[string]int{}, map[string]int{}
	streams, ill, dropped, slowest := 0, 0, uint64(0), 0.0
	for _, n := range all {
		versions[n.Version]++
		models[n.Model]++
		providers[n.Provider]++
		for _, source := range n.Sources {
			if source.Online {
				streams++
			}
			if source.Problem != "" {
				ill++
			}
		}
		dropped += n.Dropped
		slowest = max(slowest, n.LatencyMS)
	}
	if len(all) != nodes || streams != nodes || len(versions) != 2 || providers["cpu"] != nodes {
		s.Fail("want %d nodes of two versions, each with one stream, on cpu", nodes)
	}
	return fmt.Sprintf("`earshot fleet --watch --json`: %d nodes, %d online; all had told their figures %.0f s later (one a minute): version %s; model %s; provider %s; %d streams, %d with a problem; %d windows dropped; slowest latency %.0f ms",
		len(all), online(all), took.Seconds(), counted(versions), counted(models), counted(providers), streams, ill, dropped, slowest), nil
}

// counted is what there is, and how often.
func counted(all map[string]int) string {
	var out []string
	for _, what := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Or(all[b]-all[a], strings.Compare(a, b)) }) {
		out = append(out, fmt.Sprintf("%q × %d", what, all[what]))
	}
	return strings.Join(out, ", ")
}

// births lets Home Assistant say that it has started, and looks at when each node announces itself again.
func births(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	w, err := watch(s.north.broker.URL(), "homeassistant/device/+/config")
	if err != nil {
		return "", err
	}
	defer w.Close()
	time.Sleep(time.Second) // what is retained has come
	w.mu.Lock()
	w.all = nil
	w.mu.Unlock()
	began := time.Now()
	if err := publishTo(s.north.broker, "homeassistant/status", "online", false); err != nil {
		return "", err
	}
	first := map[string]time.Duration{}
	err = until("every node and source announces itself", func() bool {
		for _, m := range w.matching(everything) {
			if _, known := first[m.Topic]; !known {
				first[m.Topic] = m.At.Sub(began)
			}
		}
		return len(first) == 2*nodes
	})
	if err != nil {
		return "", fmt.Errorf("%w: %d devices", err, len(first))
	}
	when := slices.Sorted(maps.Values(first))
	spread := when[len(when)-1] - when[0]
	if spread < 2*time.Second {
		s.Fail("all at once")
	}
	busiest := 0
	for _, from := range when {
		n := 0
		for _, at := range when {
			if at >= from && at < from+time.Second {
				n++
			}
		}
		busiest = max(busiest, n)
	}
	return fmt.Sprintf("%d devices are announced again, from %.1f to %.1f s later; at most %d within a second", len(first), when[0].Seconds(), when[len(when)-1].Seconds(), busiest), nil
}
