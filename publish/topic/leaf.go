// Package topic names what stands on the broker: the node's tree of topics with the one table of its
// leaves, the names that lead to them, and the messages on them. It sends nothing.
package topic

import (
	"strconv"
	"strings"
)

// Level says what a leaf is about. It is the number of names between the node and the leaf.
type Level int

// The levels.
const (
	OfNode Level = iota
	OfSource
	OfLabel
)

// Leaf is the end of a topic and what holds for every topic that ends so.
type Leaf struct {
	Level    Level
	Name     string // a command's has two levels, "mute/set"
	Retained bool   // the broker keeps the newest message
	QoS      byte
	Command  bool // read, never written
}

// Leaves is the table of all topics of a node, built by the declarations below. Who sends, subscribes,
// announces, clears or finds out what a broker refuses asks here.
var Leaves []Leaf

// The leaves; doc.go of package publish tells what is in them.
var (
	NodeAvailability   = leaf(Leaf{Level: OfNode, Name: "availability", Retained: true, QoS: 1})
	NodeInstance       = leaf(Leaf{Level: OfNode, Name: "instance", Retained: true, QoS: 1})
	NodeDiagnostics    = leaf(Leaf{Level: OfNode, Name: "diagnostics"})
	NodePush           = leaf(Leaf{Level: OfNode, Name: "push", Retained: true, QoS: 1})
	NodePushSet        = leaf(Leaf{Level: OfNode, Name: "push/set", QoS: 1, Command: true})
	NodeAlarm          = leaf(Leaf{Level: OfNode, Name: "alarm", Retained: true, QoS: 1})
	NodeAlarmSet       = leaf(Leaf{Level: OfNode, Name: "alarm/set", QoS: 1, Command: true})
	SourceTamper       = leaf(Leaf{Level: OfSource, Name: "tamper", Retained: true, QoS: 1})
	SourceAvailability = leaf(Leaf{Level: OfSource, Name: "availability", Retained: true, QoS: 1})
	SourceProblem      = leaf(Leaf{Level: OfSource, Name: "problem", Retained: true, QoS: 1})
	SourceMute         = leaf(Leaf{Level: OfSource, Name: "mute", Retained: true, QoS: 1})
	SourcePause        = leaf(Leaf{Level: OfSource, Name: "pause", Retained: true, QoS: 1})
	SourceLast         = leaf(Leaf{Level: OfSource, Name: "last", Retained: true, QoS: 1})
	SourceEvent        = leaf(Leaf{Level: OfSource, Name: "event", QoS: 1})
	SourceScores       = leaf(Leaf{Level: OfSource, Name: "scores"})
	SourceImage        = leaf(Leaf{Level: OfSource, Name: "image"})
	SourceThresholdSet = leaf(Leaf{Level: OfSource, Name: "threshold/set", QoS: 1, Command: true})
	SourceMuteSet      = leaf(Leaf{Level: OfSource, Name: "mute/set", QoS: 1, Command: true})
	LabelState         = leaf(Leaf{Level: OfLabel, Name: "state", Retained: true, QoS: 1})
	LabelAttributes    = leaf(Leaf{Level: OfLabel, Name: "attributes", Retained: true, QoS: 1})
	LabelMute          = leaf(Leaf{Level: OfLabel, Name: "mute", Retained: true, QoS: 1})
	LabelThreshold     = leaf(Leaf{Level: OfLabel, Name: "threshold", Retained: true, QoS: 1})
	LabelThresholdSet  = leaf(Leaf{Level: OfLabel, Name: "threshold/set", QoS: 1, Command: true})
	LabelHold          = leaf(Leaf{Level: OfLabel, Name: "hold", Retained: true, QoS: 1})
	LabelHoldSet       = leaf(Leaf{Level: OfLabel, Name: "hold/set", QoS: 1, Command: true})
	LabelMuteSet       = leaf(Leaf{Level: OfLabel, Name: "mute/set", QoS: 1, Command: true})
)

func leaf(l Leaf) Leaf {
	Leaves = append(Leaves, l)
	return l
}

// Tree is the start of all topics of one node, "earshot/<id>".
type Tree string

// NewTree returns the tree of a node.
func NewTree(prefix, node string) Tree { return Tree(prefix + "/" + node) }

// Part is the topic of one part of a file that is pushed to the nodes whose trees begin with prefix. No node's id has a hyphen.
func Part(prefix, sha256 string, n int) string {
	return prefix + "/fleet-push/" + sha256 + "/" + strconv.Itoa(n)
}

// Bridge is the topic, below a site's name, on which the bridge to the broker above tells whether it stands: "1" or "0", as mosquitto's
// notification_topic has it.
const Bridge = "bridge"

// Prefix is what the tree stands below.
func (t Tree) Prefix() string { return string(t)[:max(0, strings.LastIndexByte(string(t), '/'))] }

// All is the filter for every topic of the node.
func (t Tree) All() string { return string(t) + "/#" }

// Of returns the leaf's topic; slugs are as many as its level wants.
func (t Tree) Of(l Leaf, slugs ...string) string {
	if len(slugs) != int(l.Level) {
		panic("topic: " + l.Name + " of " + strings.Join(slugs, "/"))
	}
	return strings.Join(append(append([]string{string(t)}, slugs...), l.Name), "/")
}

// Message returns a publication on the leaf's topic.
func (t Tree) Message(l Leaf, payload []byte, slugs ...string) Message {
	return Message{t.Of(l, slugs...), payload, l.QoS, l.Retained}
}

// Leaf finds the leaf that a topic of the node ends in; ok is false for any other topic.
func (t Tree) Leaf(topic string) (l Leaf, ok bool) {
	end, ours := t.Below(topic)
	for level := OfNode; ours && level <= OfLabel; level++ {
		for _, l := range Leaves {
			if l.Level == level && l.Name == end {
				return l, true
			}
		}
		_, end, ours = strings.Cut(end, "/")
	}
	return Leaf{}, false
}

// Below returns what follows the node in a topic of it.
func (t Tree) Below(topic string) (rest string, ours bool) {
	return strings.CutPrefix(topic, string(t)+"/")
}
