// Package teaching lets a person teach the running daemon from its page: a guided recording of a sound from a source that the daemon hears
// anyway, and "earshot teach" in a process of its own, at a low priority.
//
//	teaching.go   the teacher: what it is made from, its state
//	recording.go  a sitting: ten takes and the room, through package record
//	tap.go        the sound of a source that is listened to, for a sitting
//	learning.go   the process that learns, how far it is and what came of it
//
// There is one sitting and one learning at a time, each bounded in time. Takes are files as soon as they are made, and a learning that the
// daemon's end interrupted begins again with the next start, from what it had computed.
package teaching

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/models"
	"earshot/daemon/record"
	"earshot/daemon/recordings"
	"earshot/internal/logging"
)

// Bounds.
const (
	MaxSitting  = 30 * time.Minute
	MaxLearning = 3 * time.Hour
	MaxCount    = 50 // takes of one sitting
	RoomLength  = time.Minute
)

// Errors of who asks for something that cannot be now.
var (
	ErrBusy   = errors.New("it is at it already; stop that first")
	ErrNobody = errors.New("nothing of the kind is under way")
	ErrSource = errors.New("no such source listens")
)

// Config is what a teacher is made from.
type Config struct {
	Recordings recordings.Folder
	Shelf      models.Shelf
	StateDir   string
	Learn      func(args ...string) *exec.Cmd  // "earshot teach" with the daemon's configuration
	Taken      func(ctx context.Context) error // listens with the model that is in use now
	Log        *logging.Log
}

// Of is the teacher's configuration as far as a file says it.
func Of(f *config.File) (c Config, err error) {
	if c.StateDir, err = f.Config.StateFolder(); err == nil {
		c.Recordings, err = recordings.Of(&f.Config)
	}
	if err == nil {
		c.Shelf, err = models.Open(&f.Config)
	}
	return c, err
}

// Teacher teaches. Make it with New; Run must run.
type Teacher struct {
	c      Config
	tapped atomic.Pointer[tap] // of the sitting; sources look here for each block

	mu       sync.Mutex // guards the rest
	ctx      context.Context
	taps     map[string]int // sources that listen, by how many ears
	sitting  *sitting
	learning Learning
	stop     context.CancelFunc // of the learning; nil when none runs
	wait     sync.WaitGroup
}

// New makes a teacher.
func New(c Config) *Teacher {
	return &Teacher{c: c, taps: map[string]int{}, learning: readLearning(filepath.Join(c.StateDir, learningFile))}
}

// Run takes up what the last end interrupted, and waits at its own end for what is under way.
func (t *Teacher) Run(ctx context.Context) error {
	t.mu.Lock()
	t.ctx = ctx
	t.mu.Unlock()
	t.resume()
	<-ctx.Done()
	t.StopRecording()
	t.wait.Wait()
	return nil
}

// State is all that the page shows of teaching.
type State struct {
	Labels    []Label            `json:"labels"`
	Room      []recordings.Take  `json:"room"`
	Not       []recordings.Label `json:"not"` // judged wrong
	Bytes     int64              `json:"bytes"`
	MaxBytes  int64              `json:"max_bytes"`
	Enough    int                `json:"enough"` // takes that a label needs
	Models    []Model            `json:"models"` // newest last
	Recording *Recording         `json:"recording,omitempty"`
	Learning  Learning           `json:"learning"`
}

// Label is one that was recorded or taught.
type Label struct {
	recordings.Label
	Taught bool `json:"taught"` // the model in use knows it so
}

// Model is one of the shelf.
type Model struct {
	Name     string         `json:"name"`
	InUse    bool           `json:"in_use"`
	Measured *models.Report `json:"measured,omitempty"`
}

// State gathers it; taught are the labels that the model in use was taught.
func (t *Teacher) State(taught []string) (State, error) {
	c, err := t.c.Recordings.List()
	if err != nil {
		return State{}, err
	}
	s := State{Labels: []Label{}, Room: append([]recordings.Take{}, c.Room...), Not: append([]recordings.Label{}, c.Not...), Bytes: c.Bytes, MaxBytes: t.c.Recordings.Max,
		Enough: recordings.Enough, Models: []Model{}}
	for _, l := range c.Labels {
		s.Labels = append(s.Labels, Label{l, slices.Contains(taught, l.Label)})
	}
	for _, id := range taught {
		if !slices.ContainsFunc(s.Labels, func(l Label) bool { return l.Label.Label == id }) {
			s.Labels = append(s.Labels, Label{recordings.Label{Label: id, Takes: []recordings.Take{}}, true})
		}
	}
	shelf, err := t.c.Shelf.List()
	if err != nil {
		return State{}, err
	}
	for _, e := range shelf {
		m := Model{Name: filepath.Base(e.Path), InUse: e.InUse}
		if m.Measured, err = t.c.Shelf.Report(e); err != nil {
			t.c.Log.Often(t.c.Log.Warn().Err(err), "report").Msg("teaching")
		}
		s.Models = append(s.Models, m)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Learning = t.learning
	if t.sitting != nil {
		r := t.sitting.told
		s.Recording = &r
	}
	return s, nil
}

// Recordings is the folder of takes.
func (t *Teacher) Recordings() recordings.Folder { return t.c.Recordings }

// Rollback goes back to the model before.
func (t *Teacher) Rollback(ctx context.Context) error {
	if _, err := t.c.Shelf.Back(); err != nil {
		return err
	}
	return t.c.Taken(ctx)
}

// Recording is how far a sitting is.
type Recording struct {
	Source string      `json:"source"`
	Label  string      `json:"label"`
	Count  int         `json:"count"`
	Kept   int         `json:"kept"`
	Note   record.Note `json:"note"`            // the newest
	Fault  record.Note `json:"fault"`           // the newest of a take that was not kept, until one is
	Over   bool        `json:"over"`            // it has ended
	Error  string      `json:"error,omitempty"` // why it ended before its time
}
