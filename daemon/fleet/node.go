// Package fleet brings models and overlays to nodes over MQTT, and only those of their owner: it signs and verifies, measures before it takes,
// watches what was taken, and takes it back when the node is not well with it.
package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"earshot/daemon/models"
	"earshot/internal/logging"
	"earshot/publish"
)

// States of what was pushed.
const (
	Fetching   = "fetching"
	Measuring  = "measuring"
	OnTrial    = "on_trial"
	Kept       = "kept"
	Refused    = "refused"
	RolledBack = "rolled_back"
)

// Final tells whether a state is the last one.
func Final(state string) bool { return state == Kept || state == Refused || state == RolledBack }

// Means are what a node is told and can do.
type Means struct {
	Dir    string // the state folder
	Shelf  models.Shelf
	Tree   func() string         // the beginning of its topics
	Owner  func() (Owner, error) // whose pushes it takes
	Now    func() time.Time
	Parts  func(ctx context.Context, sha256 string, size int64, to io.Writer) error // fetches a file over MQTT
	Get    func(ctx context.Context, url string, size int64, to io.Writer) error    // the same by URL
	Try    func(ctx context.Context, m *Manifest, file []byte) (measured string, err error)
	Reload func(ctx context.Context) error
	Ills   func() []string                            // what the node suffers from at the moment
	Tell   func(r publish.PushReport, dealtWith bool) // dealtWith: the manifest need not stay on the broker
	Log    *logging.Log
	Pace   time.Duration // between two looks at a node on trial, and after a manifest that was refused; 0 = a second
}

// fetchLimit bounds how long a file may take to come.
const fetchLimit = 15 * time.Minute

// Node takes what is pushed to it, one after the other.
type Node struct {
	Means
	in   chan []byte // the newest manifest that waits
	last []byte      // the one that was dealt with
}

// New makes a node, which does nothing before Run.
func New(m Means) *Node {
	if m.Pace == 0 {
		m.Pace = time.Second
	}
	return &Node{Means: m, in: make(chan []byte, 1)}
}

// Pushed takes a manifest that came, from whomever. It does not block: of several that wait the newest stays.
func (n *Node) Pushed(manifest []byte) {
	for {
		select {
		case n.in <- manifest:
			return
		default:
		}
		select {
		case <-n.in:
		default:
		}
	}
}

// Run tells what became of the last push, and then deals with what comes until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	if m, err := recall(n.Dir); err == nil && (m.Counter > 0 || m.Report.Refused.Why != "") {
		n.Tell(m.Report, false)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case b := <-n.in:
			if bytes.Equal(b, n.last) { // the broker sends it again with each connection, for it, or one behind it, did not hear that it was dealt with
				n.dealtWith()
			} else if n.last = b; n.take(ctx, b) {
				continue
			}
			n.wait(ctx, n.Pace) // who floods us with nonsense keeps us no busier
		}
	}
}

// dealtWith tells once more what became of the last manifest, which goes off the broker by that.
func (n *Node) dealtWith() {
	if mem, err := recall(n.Dir); err == nil && mem.Trial == nil {
		n.Tell(mem.Report, true)
	}
}

func (n *Node) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// take deals with a manifest; counted is false for one that is none for this node.
func (n *Node) take(ctx context.Context, b []byte) (counted bool) {
	mem, err := recall(n.Dir)
	if err != nil {
		n.Log.Error().Err(err).Msg("fleet")
		n.refuse(memory{}, &Manifest{}, err, false)
		return false
	}
	m, err := n.believe(&mem, b)
	if err != nil {
		if m.Counter == mem.Counter && m.Counter > 0 && m.SHA256 == mem.Report.SHA256 {
			n.dealtWith() // in another life
			return false
		}
		n.refuse(mem, m, err, true)
		return false
	}
	// From here on it counts: whatever comes of it, it is not looked at twice.
	mem.Counter, mem.Made = m.Counter, m.Made
	mem.Report = publish.PushReport{Counter: m.Counter, Name: m.Name, Kind: m.Kind, SHA256: m.SHA256, Refused: mem.Report.Refused}
	if err := n.say(&mem, Fetching, nil); err != nil {
		n.refuse(mem, m, fmt.Errorf("it cannot be remembered, so a replay would not be known: %w", err), false)
		return false
	}
	state, err := n.carryOut(ctx, &mem, m)
	if ctx.Err() != nil && !Final(state) {
		return true // the next start takes back what is on trial
	}
	if err := n.say(&mem, state, err); err != nil {
		n.Log.Error().Err(err).Msg("fleet")
	}
	return true
}

// believe holds a manifest against the owner's key, the memory, the clock and this node.
func (n *Node) believe(mem *memory, b []byte) (*Manifest, error) {
	owner, err := n.Owner()
	if err != nil {
		return &Manifest{}, err
	}
	m, err := owner.open(b)
	if err != nil {
		return m, err
	}
	now := n.Now()
	switch {
	case !m.forNode(n.Tree()):
		return m, fmt.Errorf("it is for %.200q, and this node is %s", m.To, n.Tree())
	case m.Counter <= mem.Counter:
		return m, fmt.Errorf("its counter is %d, and %d was taken already: it is a replay, or was signed by a clock that is behind", m.Counter, mem.Counter)
	case now.Before(mem.Made.Add(-skew)):
		return m, fmt.Errorf("this node's clock says %s, and the push before was made at %s: the node's clock is wrong", stamp(now), stamp(mem.Made))
	}
	return m, m.timely(now)
}

// refuse tells of a manifest that does not count.
func (n *Node) refuse(mem memory, m *Manifest, why error, save bool) {
	n.Log.Warn().Err(why).Msg("fleet: a push is refused")
	mem.Report.Refused = publish.Refusal{Counter: m.Counter, Why: why.Error(), At: stamp(n.Now())}
	if save {
		if err := mem.save(n.Dir); err != nil {
			n.Log.Error().Err(err).Msg("fleet")
		}
	}
	n.Tell(mem.Report, true)
}

// say remembers and tells a state.
func (n *Node) say(mem *memory, state string, why error) error {
	mem.Report.State, mem.Report.Why, mem.Report.At = state, "", stamp(n.Now())
	line := n.Log.Info()
	if why != nil {
		mem.Report.Why = fmt.Sprintf("%.380s", why)
		line = n.Log.Error().Err(why)
	}
	line.Str("name", mem.Report.Name).Str("kind", mem.Report.Kind).Uint64("counter", mem.Report.Counter).Str("state", state).Msg("fleet")
	err := mem.save(n.Dir)
	n.Tell(mem.Report, Final(state))
	return err
}

// carryOut fetches, measures, takes and watches what a manifest of the owner's names, and says how it ended, and why so.
func (n *Node) carryOut(ctx context.Context, mem *memory, m *Manifest) (state string, err error) {
	file, err := n.fetch(ctx, m)
	if err != nil {
		return Refused, err
	}
	if err := n.say(mem, Measuring, nil); err != nil {
		return Refused, err
	}
	if mem.Report.Measured, err = n.Try(ctx, m, file); err != nil {
		return Refused, err
	}
	well := n.Ills()
	t, err := begin(n.Dir, n.Shelf, m, n.Now().Add(time.Duration(m.Soak)*time.Second))
	if err != nil {
		return Refused, err
	}
	mem.Trial = t
	if err = n.say(mem, OnTrial, nil); err == nil {
		err = t.place(n.Dir, n.Shelf, m, file, n.Now())
	}
	if err == nil {
		err = n.Reload(ctx)
	}
	if err != nil {
		mem.Trial = nil
		return Refused, errors.Join(err, t.takeBack(n.Dir, n.Shelf))
	}
	if ill := n.watch(ctx, well, time.Duration(m.Soak)*time.Second); ill != "" {
		mem.Trial = nil
		return RolledBack, errors.Join(errors.New(ill), t.takeBack(n.Dir, n.Shelf), n.Reload(ctx))
	}
	if ctx.Err() != nil {
		return OnTrial, nil
	}
	mem.Trial = nil
	return Kept, t.settle(n.Dir)
}

// fetch gets the file, and believes it when it is the one that was signed.
func (n *Node) fetch(ctx context.Context, m *Manifest) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	file := bytes.NewBuffer(make([]byte, 0, m.Size)) // bounded by the manifest, which is the owner's
	var err error
	if m.URL == "" {
		err = n.Parts(ctx, m.SHA256, m.Size, file)
	} else {
		err = n.Get(ctx, m.URL, m.Size, file)
	}
	if err != nil {
		return nil, fmt.Errorf("fetch it: %w", err)
	}
	sum := sha256.Sum256(file.Bytes())
	if got := hex.EncodeToString(sum[:]); int64(file.Len()) != m.Size || got != m.SHA256 {
		return nil, fmt.Errorf("what came has %d bytes and SHA-256 %s, want %d and %s: it is not the file that was signed", file.Len(), got, m.Size, m.SHA256)
	}
	return file.Bytes(), nil
}

// grace is the share of the time on trial for which a node may suffer from something new: sources that start anew are not there at once.
const (
	grace     = 4
	mostGrace = 30 * time.Second
)

// watch looks at a node on trial, and says what it has suffered from for too long, and did not before.
func (n *Node) watch(ctx context.Context, before []string, soak time.Duration) (ill string) {
	since := map[string]time.Time{}
	began := time.Now()
	for time.Since(began) < soak && ctx.Err() == nil {
		n.wait(ctx, min(n.Pace, soak/grace))
		now := map[string]time.Time{}
		for _, i := range n.Ills() {
			if slices.Contains(before, i) {
				continue
			}
			if now[i] = since[i]; now[i].IsZero() {
				now[i] = time.Now()
			}
			if time.Since(now[i]) >= min(mostGrace, soak/grace) {
				return i
			}
		}
		since = now
	}
	return ""
}
