package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/publish/topic"
)

const (
	maxCommandBytes = 128
	maxMute         = 7 * 24 * time.Hour
)

// Commands come in on
//
//	earshot/<id>/<src>/mute/set           a whole source
//	earshot/<id>/<src>/<label>/mute/set   one label or group
//	earshot/<id>/<src>/<label>/threshold/set, …/hold/set
//	earshot/<id>/alarm/set                one of topic.AlarmCommands
//	earshot/<id>/<src>/threshold/set      all labels of a source
//
// The latter three take "default" for what the configuration says, the two of a label also a number; a mute one of these
// payloads, and nothing else is obeyed:
//
//	ON                                    mute until told otherwise
//	OFF                                   listen again
//	600  |  10m  |  1h30m                 mute for so long (seconds, or a Go duration)
//	{"state":"ON","duration":600}         the same as JSON; duration may be a string
//
// Anybody who can reach the broker may have written them.

// parseMute reads a command payload; errors say what would be right and never
// repeat the payload.
func parseMute(payload []byte) (on bool, d time.Duration, err error) {
	if len(payload) > maxCommandBytes {
		return false, 0, fmt.Errorf("mute command of %d bytes: want at most %d", len(payload), maxCommandBytes)
	}
	s := strings.TrimSpace(string(payload))
	switch {
	case s == topic.On:
		return true, 0, nil
	case s == topic.Off:
		return false, 0, nil
	case strings.HasPrefix(s, "{"):
		return parseMuteJSON([]byte(s))
	}
	d, err = parseDuration(s)
	return err == nil, d, err
}

func parseMuteJSON(b []byte) (on bool, d time.Duration, err error) {
	var p struct {
		State    *string         `json:"state"`
		Duration json.RawMessage `json:"duration"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil || p.State == nil {
		return false, 0, errors.New(`mute command: want {"state":"ON"|"OFF","duration":seconds}`)
	}
	if _, err := dec.Token(); err != io.EOF {
		return false, 0, errors.New("mute command: something follows the JSON object")
	}
	if *p.State != topic.On && *p.State != topic.Off {
		return false, 0, errors.New(`mute command: state must be "ON" or "OFF"`)
	}
	on = *p.State == topic.On
	if p.Duration == nil || string(p.Duration) == "null" {
		return on, 0, nil
	}
	if !on {
		return false, 0, errors.New("mute command: OFF takes no duration")
	}
	text := string(p.Duration)
	if text[0] == '"' {
		if err := json.Unmarshal(p.Duration, &text); err != nil {
			return false, 0, errors.New("mute command: duration is no valid string")
		}
	}
	d, err = parseDuration(text)
	return err == nil && on, d, err
}

// parseDuration reads seconds as a plain decimal number or a Go duration.
func parseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("mute command: want ON, OFF, seconds or a duration such as 10m, 1s to %v", maxMute)
	if s == "" || s[0] < '0' || s[0] > '9' || len(s) > 32 {
		return 0, bad
	}
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseUint(s, 10, 32); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d < time.Second || d > maxMute {
		return 0, bad
	}
	return d, nil
}

func parseAlarm(payload []byte) (string, error) {
	if i := slices.Index(topic.AlarmCommands, string(payload)); i >= 0 {
		return topic.AlarmCommands[i], nil
	}
	return "", fmt.Errorf("alarm command: want one of %s", strings.Join(topic.AlarmCommands, ", "))
}

// CheckCommand tells whether a message on the topic of a command is one that can be obeyed.
func CheckCommand(name string, payload []byte, retained bool) (err error) {
	if retained {
		return errRetained
	}
	if kind := kindOf(name); kind == Alarm {
		_, err = parseAlarm(payload)
	} else if kind != Mute {
		_, _, err = parseAdjustment(kind, payload)
	} else {
		_, _, err = parseMute(payload)
	}
	return err
}

var errRetained = errors.New("command is retained: it would come back at every start")

// Obey applies a command that came in on a topic; is tells whether the topic is a command's at all.
// An error changes nothing.
func (o *Outbox) Obey(name string, payload []byte, retained bool, now time.Time) (c Command, is bool, err error) {
	defer o.lock()()
	c, is, err = o.commandOf(name, payload)
	switch {
	case !is || err != nil:
	case retained:
		err = errRetained
	case c.Kind == Mute:
		o.command(c, now)
	}
	return c, is, err
}

// commandOf resolves a topic and payload.
func (o *Outbox) commandOf(name string, payload []byte) (c Command, is bool, err error) {
	rest, ours := o.Tree.Below(name)
	leaf, known := o.Tree.Leaf(name)
	if !ours || !known || !leaf.Command {
		return Command{}, false, nil
	}
	if c.Kind = kindOf(name); c.Kind == Alarm {
		c.Text, err = parseAlarm(payload)
		return c, true, err
	}
	path := strings.TrimSuffix(rest, "/"+leaf.Name)
	src, label, hasLabel := strings.Cut(path, "/")
	i := slices.IndexFunc(o.sources, func(s *sourceState) bool { return s.slug == src })
	if i < 0 {
		return Command{}, true, errors.New("command for a source that is not configured")
	}
	s := o.sources[i]
	c.Source = s.Name
	if hasLabel {
		i := slices.IndexFunc(s.labels, func(l *labelState) bool { return l.slug == label })
		if i < 0 {
			return Command{}, true, fmt.Errorf("command for a label that source %q does not publish", s.Name)
		}
		c.Label = s.labels[i].ID
		if c.Kind != Mute && s.labels[i].Group {
			return Command{}, true, errGroup
		}
	}
	if c.Kind != Mute {
		if c.Value, c.Undo, err = parseAdjustment(c.Kind, payload); err == nil && c.Label == "" && !c.Undo {
			err = errAll
		}
		return c, true, err
	}
	c.On, c.Duration, err = parseMute(payload)
	return c, true, err
}
