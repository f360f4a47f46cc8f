package mqtt

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/internal/redact"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	quiet       = time.Second // without another retained message, and all have come
	maxRetained = 20000       // topics; somebody else's flood ends there
)

// Forget takes all that a node left on the broker off it: first what Home Assistant knows it by, after a pause what the
// entities looked at. It returns the topics. An error says what was in the way: above all, that the node is online,
// and so would put all of it back.
func Forget(ctx context.Context, c Settings, tree topic.Tree, prefix string) (cleared []string, err error) {
	c.NodeID += "_forget"
	l, err := dial(ctx, &c, tree.Of(topic.NodeAvailability), ears{message: func(paho.Message) {}})
	if err != nil {
		return nil, err
	}
	// The end of this connection is clean, so the will, which names the node, is withdrawn.
	defer l.client.Disconnect(100)
	found, err := l.retained(ctx, tree, prefix)
	if err != nil {
		return nil, fmt.Errorf("broker %s: %w", redact.URLs(c.Broker), err)
	}
	if found.online {
		return nil, fmt.Errorf("node %q is online at broker %s: stop its earshot first", strings.TrimSuffix(c.NodeID, "_forget"), redact.URLs(c.Broker))
	}
	for i, names := range [][]string{found.discovery, found.states} {
		if i > 0 && len(found.discovery) > 0 && len(names) > 0 {
			select {
			case <-time.After(c.Timing.Settle): // Home Assistant lets the entities go
			case <-ctx.Done():
				return cleared, ctx.Err()
			}
		}
		for some := range slices.Chunk(names, maxFilters) {
			var empty []topic.Message
			for _, name := range some {
				empty = append(empty, topic.Kept(name, nil))
			}
			if err := l.acknowledged(ctx, empty); err != nil {
				return cleared, fmt.Errorf("broker %s: %w", redact.URLs(c.Broker), err)
			}
			cleared = append(cleared, some...)
		}
	}
	return cleared, nil
}

// left is what a node has left on the broker.
type left struct {
	discovery, states []string // topics
	online            bool
}

// retained asks for all retained messages that may be a node's, and keeps those that are.
func (l *link) retained(ctx context.Context, tree topic.Tree, prefix string) (left, error) {
	var mu sync.Mutex
	var found left
	news := make(chan struct{}, 1)
	availability := tree.Of(topic.NodeAvailability)
	mark := fmt.Appendf(nil, "%q", availability)
	take := func(_ paho.Client, m paho.Message) {
		if !m.Retained() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		_, below := tree.Below(m.Topic())
		switch {
		case len(found.discovery)+len(found.states) >= maxRetained:
			return
		case below:
			found.states = append(found.states, m.Topic())
			found.online = found.online || m.Topic() == availability && string(m.Payload()) == topic.Online
		case bytes.Contains(m.Payload(), mark): // its entities look at the node's availability
			found.discovery = append(found.discovery, m.Topic())
		}
		select {
		case news <- struct{}{}:
		default:
		}
	}
	t := l.client.SubscribeMultiple(map[string]byte{tree.All(): 1, prefix + "/+/+/config": 1}, take)
	if err := l.wait(ctx, t); err != nil {
		return left{}, err
	}
	for {
		select {
		case <-news:
		case <-time.After(quiet):
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(found.discovery)
			slices.Sort(found.states)
			return found, nil
		case <-ctx.Done():
			return left{}, ctx.Err()
		case <-l.lost:
			return left{}, l.loss()
		}
	}
}

// acknowledged publishes messages and waits until the broker has them all.
func (l *link) acknowledged(ctx context.Context, ms []topic.Message) error {
	acked := make(chan error, 1)
	go func() { acked <- l.publish(ms) }() // ends with the connection at the latest
	select {
	case err := <-acked:
		if err != nil && l.ended() {
			return l.loss()
		}
		return err
	case <-l.lost:
		return l.loss()
	case <-ctx.Done():
		return ctx.Err()
	}
}
