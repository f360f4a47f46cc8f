package outbox

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"earshot/publish/topic"
)

// What a command is about; the zero value mutes.
const (
	Mute Kind = iota
	Threshold
	Hold
	Alarm
)

// Kind is what a command is about.
type Kind int

// kindOf is the kind of a command's topic.
func kindOf(name string) Kind {
	switch {
	case strings.HasSuffix(name, "/"+topic.LabelThresholdSet.Name):
		return Threshold
	case strings.HasSuffix(name, "/"+topic.LabelHoldSet.Name):
		return Hold
	case strings.HasSuffix(name, "/"+topic.NodeAlarmSet.Name):
		return Alarm
	}
	return Mute
}

// undo is the payload that returns to what the configuration says.
const undo = "default"

// Bounds of what can be set.
const (
	leastThreshold = 0.01 // zero would be always on
	mostHold       = 3600 // s
)

// parseAdjustment reads the payload of a command of a kind: a score, seconds, or undo. Errors never repeat the payload.
func parseAdjustment(kind Kind, payload []byte) (value float64, undone bool, err error) {
	s := strings.TrimSpace(string(payload[:min(len(payload), maxCommandBytes+1)]))
	if s == undo {
		return 0, true, nil
	}
	least, most, what := leastThreshold, 1.0, "threshold"
	if kind == Hold {
		least, most, what = 0, mostHold, "hold in seconds"
	}
	value, err = strconv.ParseFloat(s, 64)
	if err != nil || len(s) > 32 || math.IsNaN(value) || value < least || value > most {
		return 0, false, fmt.Errorf("%s command: want a number from %g to %g, or %q", what, least, most, undo)
	}
	return value, false, nil
}

// Adjusted takes over what a label's rule is now; its switch is not touched. Source and label are as configured.
func (o *Outbox) Adjusted(source, label string, on, off float64, hold time.Duration) {
	defer o.input()()
	s := o.byName[source]
	if s == nil || s.byID[label] == nil {
		return
	}
	l := s.byID[label]
	l.On, l.Off, l.Hold = on, off, hold
	o.wantRule(s, l)
}

// wantRule wants the topics of a label's threshold and hold; a group's follow from its members'.
func (o *Outbox) wantRule(s *sourceState, l *labelState) {
	if l.Group {
		return
	}
	o.want(o.Tree.Of(topic.LabelThreshold, s.slug, l.slug), topic.Encode(math.Round(l.On*1e3)/1e3))
	o.want(o.Tree.Of(topic.LabelHold, s.slug, l.slug), topic.Encode(math.Round(l.Hold.Seconds()*1e3)/1e3))
}

var errAll = errors.New("threshold command for a whole source: want \"default\", each label has a threshold of its own")

var errGroup = errors.New("threshold command for a group: its members' thresholds count")
