// Package alarm is surveillance: what is armed, an alarm that stays until somebody acknowledges it, signs of tampering with a microphone,
// and the evidence of all that.
//
//	alarm.go   the sink: what it is told, what it decides
//	chain.go   the evidence
//	floor.go   how quiet a source gets
//	run.go     the one goroutine that writes
package alarm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/health"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/logging"
	"earshot/publish/topic"
)

// The modes.
const (
	Disarmed = "disarmed"
	Home     = "home"
	Away     = "away"
	Night    = "night"
)

// modeOf are the modes that an alarm panel's commands ask for.
var modeOf = map[string]string{topic.AlarmDisarm: Disarmed, topic.AlarmHome: Home, topic.AlarmAway: Away, topic.AlarmNight: Night}

// State is what is armed, and the alarm that nobody has acknowledged.
type State struct {
	Mode   string    `json:"mode"`
	On     bool      `json:"on"`     // an alarm waits to be acknowledged
	Since  time.Time `json:"since"`  // of it, or of the mode
	Source string    `json:"source"` // of what began it
	Label  string    `json:"label"`  // "tamper" for a sign of tampering
	Score  float64   `json:"score"`
	Why    string    `json:"why"`
	Count  int       `json:"count"` // what has happened since, the first included
	Clip   string    `json:"clip"`
	Head   Head      `json:"head"` // of the evidence
}

// Config is what a guard needs.
type Config struct {
	Dir    string                      // the state folder; "" = nothing outlives a restart
	Tell   func(State)                 // by the goroutine that writes, once it is written
	Tamper func(source, reason string) // a source's sign of tampering; "" when it is over
	Log    *logging.Log
	Now    func() time.Time // nil = time.Now
}

// Guard is a sink. Make it with New, arm it by Command; Run writes what it decides.
type Guard struct {
	Config
	queue chan job

	mu       sync.Mutex // guards the rest
	settings config.Surveillance
	mem      memory
	sounding map[[2]string]bool // source and label above their threshold of the mode
	signs    map[string]string  // tampering, by source
	floors   map[string]*floor
	lost     int // records for which there was no room
}

// New makes a guard that goes on where the last process ended. An error says why what that was is not known; the guard is good all the same.
func New(c Config) (*Guard, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	g := &Guard{Config: c, queue: make(chan job, 256), sounding: map[[2]string]bool{}, signs: map[string]string{}, floors: map[string]*floor{}}
	var err error
	if c.Dir != "" {
		g.mem, err = recall(c.Dir)
	}
	if g.mem.State.Mode == "" {
		g.mem.State.Mode = Disarmed
	}
	for name, f := range g.mem.Floors {
		g.floors[name] = f
	}
	return g, err
}

// Configure takes settings over.
func (g *Guard) Configure(s config.Surveillance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settings = s
}

// State is that of this moment; on is false where nothing is configured.
func (g *Guard) State() (s State, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mem.State, g.settings.On()
}

// Command arms, disarms, which acknowledges too, or acknowledges, as one of [topic.AlarmCommands] asks; by says who wants it.
func (g *Guard) Command(command, by string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	mode, arms := modeOf[command]
	switch {
	case !g.settings.On():
		return fmt.Errorf("surveillance is not configured")
	case command != topic.AlarmAcknowledge && !arms:
		return fmt.Errorf("want one of %s", strings.Join(topic.AlarmCommands, ", "))
	}
	s := &g.mem.State
	if s.On && (command == topic.AlarmAcknowledge || command == topic.AlarmDisarm) {
		*s = State{Mode: s.Mode, Since: g.Now(), Head: s.Head}
		g.record(Record{What: "acknowledged", Why: by})
	}
	if arms && mode != s.Mode {
		s.Mode = mode
		if clear(g.sounding); !s.On {
			s.Since = g.Now()
		}
		g.record(Record{What: "armed", Mode: mode, Why: by})
	}
	return nil
}

// labelsOf are those that raise an alarm in a mode.
func (g *Guard) labelsOf(mode string) []config.Alarm {
	switch mode {
	case Home:
		return g.settings.Home
	case Away:
		return g.settings.Away
	case Night:
		return g.settings.Night
	}
	return nil
}

// raise begins an alarm, or adds to the one that waits; g.mu is held.
func (g *Guard) raise(r Record) {
	s := &g.mem.State
	if !s.On {
		*s = State{Mode: s.Mode, On: true, Since: r.At, Source: r.Source, Label: r.Label, Score: r.Score, Why: r.Why, Clip: r.Clip, Head: s.Head}
	}
	s.Count++
	r.What, r.Mode = "alarm", s.Mode
	g.record(r)
}

// Event implements sink.Sink: labels without a threshold of their own raise an alarm when their sensor switches on. Mutes do not count: who
// wants quiet disarms.
func (g *Guard) Event(e *sink.Event) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	watched := slices.ContainsFunc(g.labelsOf(g.mem.State.Mode), func(a config.Alarm) bool { return a.Label == e.ID && a.On == nil })
	sounding := g.sounding[[2]string{e.Source, e.ID}]
	switch {
	case e.On && watched:
		g.raise(Record{At: e.Onset, Source: e.Source, Label: e.ID, Score: e.Score, Clip: e.Clip.Path})
		if e.Clip.Path != "" {
			g.send(job{clip: e.Clip.Path})
		}
	case e.On && sounding && e.Clip.Path != "": // the alarm came before the sensor
		g.send(job{clip: e.Clip.Path})
	}
}

// Scores implements sink.Sink: labels with a threshold of their own raise an alarm when they pass it.
func (g *Guard) Scores(s sink.Scores) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, a := range g.labelsOf(g.mem.State.Mode) {
		if a.On == nil {
			continue
		}
		key := [2]string{s.Source, a.Label}
		for _, l := range s.Best {
			if l.ID != a.Label {
				continue
			}
			above := l.Score >= *a.On
			if above && !g.sounding[key] {
				g.raise(Record{At: s.At, Source: s.Source, Label: a.Label, Score: l.Score})
			}
			g.sounding[key] = above
		}
	}
}

// Source implements sink.Sink: a microphone that goes while it was there is a sign.
func (g *Guard) Source(c sink.Source) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch c.Phase {
	case status.Lost, status.Failed:
		g.sign(c.Name, "unplugged", c.Why)
	case status.Online:
		if g.signs[c.Name] == "unplugged" {
			g.sign(c.Name, "", "")
		}
	case status.Removed:
		g.sign(c.Name, "", "")
		delete(g.floors, c.Name)
	}
}

// covered are the microphone's problems that a hand, a cloth or a cut cable makes.
var covered = []health.Problem{health.Dead, health.Stuck, health.TooQuiet, health.Narrow}

// Diagnostics implements sink.Sink: what is wrong with a microphone, and how quiet it gets.
func (g *Guard) Diagnostics(s status.Status) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range s.Sources {
		if one.Phase != status.Online || g.signs[one.Name] == "unplugged" {
			continue
		}
		reason, why := "", ""
		if slices.Contains(covered, health.Problem(one.Problem)) {
			reason, why = "covered", one.Detail
		}
		if m := one.Minute; m != nil {
			f := g.floors[one.Name]
			if f == nil {
				f = &floor{}
				g.floors[one.Name] = f
			}
			if changed := f.minute(g.Now(), m.LAeq); changed != "" && reason == "" {
				reason, why = "level_floor", changed
			}
		}
		g.sign(one.Name, reason, why)
	}
}

// sign tells of a sign of tampering, or with "" that it is over; g.mu is held. What is armed away or at night raises an alarm by it.
func (g *Guard) sign(source, reason, why string) {
	if g.signs[source] == reason || !g.settings.On() || !g.settings.Tamper {
		return
	}
	g.signs[source] = reason
	g.send(job{tamper: source, reason: reason})
	if reason == "" {
		return
	}
	r := Record{At: g.Now(), Source: source, Label: "tamper", Why: strings.TrimSuffix(reason+": "+why, ": ")}
	if mode := g.mem.State.Mode; mode == Away || mode == Night {
		g.raise(r)
		return
	}
	r.What = "tamper"
	g.record(r)
}

// Signs are the signs of tampering, by source.
func (g *Guard) Signs() map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.signs)
}

// Report implements sink.Reporter.
func (g *Guard) Report(s *status.Status) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.settings.On() {
		return
	}
	m := g.mem.State
	s.Alarm = &status.Alarm{Mode: m.Mode, On: m.On, Since: m.Since, Source: m.Source, Label: m.Label, Why: m.Why, Count: m.Count, Tamper: map[string]string{}}
	for source, reason := range g.signs {
		if reason != "" {
			s.Alarm.Tamper[source] = reason
		}
	}
	if g.lost > 0 {
		s.Problems = append(s.Problems, fmt.Sprintf("alarm: %d records of evidence are lost: the disk did not take them", g.lost))
	}
}
