package fleet

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/publish"
	"earshot/publish/topic"
)

// Push is what an owner sends out.
type Push struct {
	Kind, Name string
	File       []byte
	URL        string        // where the nodes get it; "": over MQTT
	Base       string        // of the fleet's topics, earshot
	To         string        // pattern of nodes below Base, such as north/*
	Canary     int           // so many nodes take it first; 0: all at once
	Soak, Life time.Duration // on trial; until it expires
	Counter    uint64        // 0: the seconds since 1970
	Signer     Signer
	Now        time.Time
	Print      func(format string, a ...any)
}

// Run sends it through find, which finds the nodes and gives a way to publish: first to the canaries, then to the others when all of those
// kept it. It takes off the broker what it put there. An error says which nodes did not keep it.
func (p Push) Run(ctx context.Context, find func(ctx context.Context, told func([]publish.Node, publish.Say) bool) error) error {
	m := &Manifest{Format: 1, Kind: p.Kind, Name: p.Name, URL: p.URL, Counter: p.Counter, Made: p.Now.UTC().Truncate(time.Second), To: []string{p.Base + "/" + p.To},
		Soak: int64(p.Soak / time.Second)}
	if m.ofFile(p.File); m.Counter == 0 {
		m.Counter = uint64(max(0, p.Now.Unix()))
	}
	m.Expires = m.Made.Add(p.Life)
	text, err := m.Sign(p.Signer)
	if err != nil {
		return err
	}
	r := &round{Push: p, m: m, text: text, wait: firstWait, states: map[string]string{}, parted: map[string]bool{}}
	// When the owner has enough of waiting, what was put on the broker must be taken off before the connection goes.
	connected, disconnect := context.WithCancel(context.WithoutCancel(ctx))
	defer disconnect()
	stop := context.AfterFunc(ctx, func() {
		defer disconnect()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.say != nil {
			_ = r.clear()
		}
	})
	defer stop()
	goOn, broken := true, error(nil)
	err = find(connected, func(nodes []publish.Node, say publish.Say) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.say = say; goOn {
			goOn, broken = r.step(ctx, nodes)
		}
		if goOn {
			return true
		}
		err := r.clear()
		if errors.Is(err, publish.ErrLost) { // with the next connection
			return true
		}
		broken = errors.Join(broken, err)
		return false
	})
	if err := errors.Join(broken, err); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("stopped before all nodes had told what became of it: %w", ctx.Err())
	}
	return nil
}

// round is a push under way.
type round struct {
	Push
	m      *Manifest
	text   []byte
	mu     sync.Mutex // guards the rest
	say    publish.Say
	chosen []string          // nodes, those that take it first in front
	sent   int               // of them
	again  time.Time         // from when on those that keep silent are sent it again
	wait   time.Duration     // from then to the time after
	states map[string]string // by node
	parted map[string]bool   // prefixes below which the file's parts were put
}

// step looks at the nodes, and does what is to be done next.
func (r *round) step(ctx context.Context, nodes []publish.Node) (goOn bool, err error) {
	if r.chosen == nil {
		if err := r.choose(nodes); err != nil {
			return false, err
		}
		first := len(r.chosen)
		if r.Canary > 0 {
			first = min(first, r.Canary)
		}
		r.sent = first
		return r.give(ctx, r.chosen[:first])
	}
	done, bad, silent := 0, []string{}, []string{}
	for _, n := range nodes {
		if !slices.Contains(r.chosen[:r.sent], n.Topic) {
			continue
		}
		state, why := n.Push.State, n.Push.Why
		if n.Push.Counter != r.m.Counter {
			state, why = "", ""
			if n.Push.Refused.Counter == r.m.Counter {
				state, why = Refused, n.Push.Refused.Why
			}
		}
		if state != "" && state != r.states[n.Topic] {
			r.states[n.Topic] = state
			line := fmt.Sprintf("%s: %q", n.Topic, state)
			if n.Push.Measured != "" && state != Refused {
				line += fmt.Sprintf(", %q", n.Push.Measured)
			}
			if why != "" {
				line += fmt.Sprintf(": %q", why)
			}
			r.Print("%s", line)
		}
		if Final(state) {
			done++
		}
		if state == "" && n.Online && !n.CutOff {
			silent = append(silent, n.Topic)
		}
		if state == Refused || state == RolledBack {
			bad = append(bad, n.Topic)
		}
	}
	switch {
	case len(silent) > 0 && time.Now().After(r.again):
		clear(r.parted)
		return r.give(ctx, silent)
	case done < r.sent:
		return true, nil
	case len(bad) > 0:
		return false, fmt.Errorf("%d of %d nodes did not keep it: %s; %d were not asked", len(bad), r.sent, strings.Join(bad, ", "), len(r.chosen)-r.sent)
	case r.sent < len(r.chosen):
		rest := r.chosen[r.sent:]
		r.sent = len(r.chosen)
		return r.give(ctx, rest)
	}
	r.Print("%d nodes keep it", r.sent)
	return false, nil
}

// choose picks the nodes that are meant.
func (r *round) choose(nodes []publish.Node) error {
	var away []string
	for _, n := range nodes {
		ok, err := path.Match(r.m.To[0], n.Topic)
		switch {
		case err != nil:
			return fmt.Errorf("--to %q: %w", r.To, err)
		case ok && n.Online && !n.CutOff:
			r.chosen = append(r.chosen, n.Topic)
		case ok:
			away = append(away, n.Topic)
		}
	}
	if len(away) > 0 {
		r.Print("offline or cut off, and left out: %s", strings.Join(away, ", "))
	}
	if len(r.chosen) == 0 {
		return fmt.Errorf("no node that is online fits %q", r.m.To[0])
	}
	return nil
}

// firstWait is after how long a node that is online and has not said a word gets it once more; then after twice that, and so on. A broker on the
// way may have lost it; or the node names no owner, and never answers.
const firstWait = 30 * time.Second

// give sends it to nodes. Who gets none because the connection is lost gets it with the next one.
func (r *round) give(ctx context.Context, nodes []string) (goOn bool, err error) {
	r.again, r.wait = time.Now().Add(r.wait), 2*r.wait
	if err = r.send(ctx, nodes); errors.Is(err, publish.ErrLost) {
		r.again = time.Time{}
		return true, nil
	}
	return err == nil, err
}

// send puts it on the broker for nodes, the file's parts once for all below a prefix.
func (r *round) send(ctx context.Context, nodes []string) error {
	for _, node := range nodes {
		prefix := topic.Tree(node).Prefix()
		if r.URL == "" && !r.parted[prefix] {
			for some := range slices.Chunk(publish.Parts(prefix, r.m.SHA256, r.File), 16) {
				if err := r.say(ctx, some); err != nil {
					return err
				}
			}
			r.parted[prefix] = true
		}
		if err := r.say(ctx, []topic.Message{topic.Kept(topic.Tree(node).Of(topic.NodePushSet), r.text)}); err != nil {
			return err
		}
		r.Print("%s: sent", node)
	}
	return nil
}

// clear takes off the broker what was put there.
func (r *round) clear() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var all []topic.Message
	cleared := map[string]bool{}
	for _, node := range r.chosen[:r.sent] {
		if prefix := topic.Tree(node).Prefix(); r.URL == "" && !cleared[prefix] {
			cleared[prefix] = true
			for _, m := range publish.Parts(prefix, r.m.SHA256, r.File) {
				all = append(all, topic.Kept(m.Topic, nil))
			}
		}
		if !Final(r.states[node]) {
			all = append(all, topic.Kept(topic.Tree(node).Of(topic.NodePushSet), nil))
		}
	}
	return r.say(ctx, all)
}
