package broker

import (
	"bytes"
	"math"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// serial keeps apart what mochi v2.7.9 lets happen at once: a subscription with a wildcard walks the tree of topics and
// reads in each node whether it holds a message (scanMessages), while a retained message writes just that
// (RetainMessage), under a lock that the walk does not take. So a subscriber may read half a string.
//
// Either is held between the two hooks that stand next to it in the same goroutine, with nothing between that waits for a
// client: a walk from the moment its SUBACK is on the wire (what it finds is queued or dropped), a write for its own
// length. It must be the last hook: it goes by what the others made of a message.
type serial struct {
	mqtt.HookBase
	tree sync.RWMutex
}

// noStatistics is how often, in seconds, the server writes its own statistics below $SYS, which no hook precedes: never.
const noStatistics = math.MaxInt32

// ID implements mqtt.Hook.
func (s *serial) ID() string { return "serial" }

// Provides implements mqtt.Hook.
func (s *serial) Provides(hook byte) bool {
	return bytes.IndexByte([]byte{mqtt.OnPublish, mqtt.OnWill, mqtt.OnRetainMessage, mqtt.OnPacketSent, mqtt.OnPacketProcessed}, hook) >= 0
}

// OnPublish implements mqtt.Hook.
func (s *serial) OnPublish(_ *mqtt.Client, p packets.Packet) (packets.Packet, error) {
	if p.FixedHeader.Retain {
		s.tree.Lock()
	}
	return p, nil
}

// OnWill implements mqtt.Hook. A last will is said at once: a delayed one would be written with no hook before it.
func (s *serial) OnWill(c *mqtt.Client, w mqtt.Will) (mqtt.Will, error) {
	c.Properties.Will.WillDelayInterval = 0
	if w.Retain {
		s.tree.Lock()
	}
	return w, nil
}

// OnRetainMessage implements mqtt.Hook.
func (s *serial) OnRetainMessage(*mqtt.Client, packets.Packet, int64) { s.tree.Unlock() }

// OnPacketSent implements mqtt.Hook.
func (s *serial) OnPacketSent(_ *mqtt.Client, p packets.Packet, _ []byte) {
	if p.FixedHeader.Type == packets.Suback {
		s.tree.RLock()
	}
}

// OnPacketProcessed implements mqtt.Hook.
func (s *serial) OnPacketProcessed(_ *mqtt.Client, p packets.Packet, err error) {
	if p.FixedHeader.Type == packets.Subscribe && err == nil { // else no SUBACK was sent
		s.tree.RUnlock()
	}
}

// serve starts the server. What it writes below $SYS at its start is taken off before anybody may read it.
func (s *serial) serve(server *mqtt.Server) error {
	s.tree.Lock()
	defer s.tree.Unlock()
	if err := server.Serve(); err != nil {
		return err
	}
	for topic := range server.Topics.Retained.GetAll() {
		server.Topics.RetainMessage(packets.Packet{TopicName: topic})
	}
	return nil
}
