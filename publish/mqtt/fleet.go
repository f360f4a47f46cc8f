package mqtt

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/internal/redact"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Node is what a broker knows of a node.
type Node struct {
	Topic     string       `json:"topic"`   // its topics' beginning, earshot/<id> or earshot/<site>/<id>
	Online    bool         `json:"online"`  // as it, or its broker, said last
	CutOff    bool         `json:"cut_off"` // the bridge of its site is down: all of this is what was known last
	Host      string       `json:"host"`
	Version   string       `json:"version"`
	Model     string       `json:"model"`
	Since     string       `json:"since"` // when the process began, RFC 3339
	Sources   []NodeSource `json:"sources"`
	LastSeen  time.Time    `json:"last_seen"` // of its last diagnostics, zero before any
	Provider  string       `json:"provider"`  // this and what follows out of them
	LatencyMS float64      `json:"latency_ms"`
	Dropped   uint64       `json:"dropped_windows"`
	Push      PushReport   `json:"push"` // what became of what was pushed to it

	spoke bool // Online is what the broker says
}

// NodeSource is one of a node's sources.
type NodeSource struct {
	Name    string `json:"name"`
	Online  bool   `json:"online"`
	Problem string `json:"problem"` // "" for none
}

const (
	maxNodes   = 10000
	maxSources = 256     // of a node
	maxAbout   = 4 << 10 // bytes of a message about a node
	maxText    = 64      // bytes of a name in one
	siteLevels = 2       // names that may stand between the topic's beginning and a node
	patience   = 5 * quiet
)

// Fleet connects under a client id of its own, finds the nodes whose topics begin with base, and calls told with all
// of them, by topic, when something has changed and then been still for a second, or five have gone by; told says whether to go on.
// It publishes nothing but what told gives to say, which waits until all of it is acknowledged. A connection that is lost after told was called is
// made anew, and OnStatus told of it; the nodes are offline then until the broker says otherwise.
func Fleet(ctx context.Context, c Settings, base string, told func(nodes []Node, say Say) bool) error {
	c.NodeID = besides(c.NodeID, "fleet")
	f := &fleet{nodes: map[string]*Node{}, cut: map[string]bool{}, news: make(chan struct{}, 1)}
	for failures := 0; ; {
		connected, err := f.look(ctx, &c, base, told)
		if err == nil || f.told && ctx.Err() != nil {
			return nil
		}
		if !f.told {
			return err
		}
		if failures++; connected {
			failures = 1
			f.forget()
		}
		wait := c.Timing.backoff(failures, err)
		c.OnStatus(Status{Err: err, Attempt: failures, Retry: wait})
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// look is one connection's work. It returns nil when told says that it is enough, or ctx ends.
func (f *fleet) look(ctx context.Context, c *Settings, base string, told func([]Node, Say) bool) (connected bool, err error) {
	l, err := dial(ctx, c, "", ears{message: f.take})
	if err != nil {
		return false, err
	}
	defer l.client.Disconnect(100)
	filters := map[string]byte{}
	for depth := range siteLevels + 1 {
		site := base + strings.Repeat("/+", depth)
		filters[site+"/+/"+topic.NodeInstance.Name] = 1
		if depth > 0 {
			filters[site+"/"+topic.Bridge] = 1
		}
	}
	failed := func(err error) (bool, error) { return true, fmt.Errorf("broker %s: %w", redact.URLs(c.Broker), err) }
	for asked := time.Now(); ; {
		if len(filters) > 0 {
			if err := l.granted(ctx, filters); err != nil {
				return failed(err)
			}
			asked = time.Now()
		}
		filters = nil
		select {
		case <-f.news:
			if time.Since(asked) < patience {
				continue
			}
		case <-time.After(quiet):
			if f.waits() && time.Since(asked) < patience {
				continue
			}
		case <-ctx.Done():
			return true, nil
		case <-l.lost:
			return failed(l.loss())
		}
		if filters = f.unheard(); len(filters) > 0 {
			continue
		}
		asked = time.Now()
		if changed := f.changed(); changed != nil && !told(changed, l.acknowledged) {
			return true, nil
		}
	}
}

// forget takes back what the broker said and may say otherwise when it comes back.
func (f *fleet) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard, f.fresh = nil, true
	clear(f.cut)
	for _, n := range f.nodes {
		n.Online, n.spoke = false, false
		for i := range n.Sources {
			n.Sources[i].Online = false
		}
	}
}

// besides is the client id of a connection beside the node's own. It is another one each time: a broker that is slow to see the last one off
// would forget the new one along with it (mochi-mqtt 2.7.9, attachClient).
func besides(node, purpose string) string {
	return node + "_" + purpose + "_" + rand.Text()[:6]
}

// Say publishes.
type Say func(ctx context.Context, all []topic.Message) error

// granted subscribes, and waits until the broker has taken it.
func (l *link) granted(ctx context.Context, filters map[string]byte) error {
	all := make([]string, 0, len(filters))
	for name := range filters {
		all = append(all, name)
	}
	for some := range slices.Chunk(all, maxFilters) {
		part := map[string]byte{}
		for _, name := range some {
			part[name] = filters[name]
		}
		if err := l.wait(ctx, l.client.SubscribeMultiple(part, nil)); err != nil {
			return err
		}
	}
	return nil
}

// wait waits until the broker has acknowledged.
func (l *link) wait(ctx context.Context, t paho.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-l.lost:
		return l.loss()
	}
}

// fleet is what has come in; paho's goroutine writes it.
type fleet struct {
	news chan struct{}

	mu    sync.Mutex // guards the rest
	nodes map[string]*Node
	cut   map[string]bool // sites whose bridge is down
	heard map[string]bool // nodes that were subscribed to
	fresh bool
	told  bool
}

// take sorts a message by its topic's end.
func (f *fleet) take(m paho.Message) {
	name, text := m.Topic(), m.Payload()
	if len(text) > maxAbout && !strings.HasSuffix(name, "/"+topic.NodeDiagnostics.Name) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if tree, ok := strings.CutSuffix(name, "/"+topic.NodeInstance.Name); ok {
		f.introduce(tree, text)
	} else if site, ok := strings.CutSuffix(name, "/"+topic.Bridge); ok {
		f.bridge(site, text)
	} else {
		f.about(name, text)
	}
	f.fresh = true
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// introduce takes in a node, or lets it go where its name was taken off the broker.
func (f *fleet) introduce(tree string, text []byte) {
	var who introduction
	if len(text) == 0 {
		delete(f.nodes, tree)
		return
	}
	if json.Unmarshal(text, &who) != nil || f.nodes[tree] == nil && len(f.nodes) >= maxNodes {
		return
	}
	n := f.nodes[tree]
	if n == nil {
		n = &Node{Topic: tree}
		f.nodes[tree] = n
	}
	n.Host, n.Version, n.Model, n.Since = short(who.Host), short(who.Version), short(who.Model), short(who.Since)
}

// bridge notes whether the one of a site stands.
func (f *fleet) bridge(site string, text []byte) {
	switch {
	case string(text) != "0":
		delete(f.cut, site)
	case len(f.cut) < maxNodes:
		f.cut[site] = true
	}
}

func short(s string) string { return s[:min(len(s), maxText)] }

// about takes what is told of a node that is known.
func (f *fleet) about(name string, text []byte) {
	for cut := strings.LastIndexByte(name, '/'); cut > 0; cut = strings.LastIndexByte(name[:cut], '/') {
		n := f.nodes[name[:cut]]
		if n == nil {
			continue
		}
		l, ok := topic.Tree(n.Topic).Leaf(name)
		if !ok {
			return
		}
		source, _, _ := strings.Cut(name[cut+1:], "/")
		switch l {
		case topic.NodeAvailability:
			n.Online, n.spoke = string(text) == topic.Online, true
		case topic.SourceAvailability:
			if s := n.source(source); s != nil {
				s.Online = string(text) == topic.Online
			}
		case topic.SourceProblem:
			var p problem
			if s := n.source(source); s != nil && json.Unmarshal(text, &p) == nil {
				s.Problem = ""
				if p.State == topic.On {
					s.Problem = short(p.Reason)
				}
			}
		case topic.NodePush:
			var p PushReport
			if json.Unmarshal(text, &p) == nil {
				n.Push = p.short()
			}
		case topic.NodeDiagnostics:
			var d diagnosis
			if json.Unmarshal(text, &d) == nil {
				n.LastSeen, n.Provider, n.LatencyMS, n.Dropped = time.Now(), short(d.Provider), d.LatencyMS, d.Dropped
			}
		}
		return
	}
}

// problem and diagnosis are what is read of those messages.
type problem struct{ State, Reason string }

type diagnosis struct {
	Provider  string
	LatencyMS float64 `json:"latency_ms"`
	Dropped   uint64  `json:"dropped_windows"`
}

// source is the node's of that name; nil where it has too many.
func (n *Node) source(name string) *NodeSource {
	i, found := slices.BinarySearchFunc(n.Sources, name, func(s NodeSource, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		if len(n.Sources) >= maxSources {
			return nil
		}
		n.Sources = slices.Insert(n.Sources, i, NodeSource{Name: short(name)})
	}
	return &n.Sources[i]
}

// unheard are the filters for what nodes tell that were not subscribed to yet.
func (f *fleet) unheard() map[string]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	filters := map[string]byte{}
	for name := range f.nodes {
		if f.heard[name] {
			continue
		}
		if f.heard == nil {
			f.heard = map[string]bool{}
		}
		f.heard[name] = true
		for _, l := range []topic.Leaf{topic.NodeAvailability, topic.NodePush, topic.NodeDiagnostics, topic.SourceAvailability, topic.SourceProblem} {
			filters[topic.Tree(name).Of(l, slices.Repeat([]string{"+"}, int(l.Level))...)] = l.QoS
		}
	}
	return filters
}

// waits tells whether it is not known of some node yet whether it is there.
func (f *fleet) waits() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.nodes {
		if !n.spoke {
			return true
		}
	}
	return false
}

// changed are all nodes, if something has come since the last time; the first time always.
func (f *fleet) changed() []Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told && !f.fresh {
		return nil
	}
	f.told, f.fresh = true, false
	all := make([]Node, 0, len(f.nodes))
	for _, n := range f.nodes {
		copied := *n
		copied.Sources = slices.Clone(n.Sources)
		copied.CutOff = f.cut[topic.Tree(n.Topic).Prefix()]
		all = append(all, copied)
	}
	slices.SortFunc(all, func(a, b Node) int { return strings.Compare(a.Topic, b.Topic) })
	return all
}
