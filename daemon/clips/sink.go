package clips

import (
	"context"
	"path/filepath"
	"sync"

	settings "earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
)

// Kind is the clips among the sinks.
var Kind = sink.Kind{
	Name:    "clips",
	Sound:   true,
	Changed: changed,
	Open:    open,
}

func changed(before, now *settings.Config) bool {
	return (before.Clips != now.Clips || before.StateDir != now.StateDir) && (before.Clips.Enabled || now.Clips.Enabled)
}

func open(f *settings.File, env sink.Env) (sink.Sink, error) {
	c := f.Config.Clips
	if !c.Enabled {
		return nil, nil
	}
	dir, err := Folder(f)
	if err != nil {
		return nil, f.Issue("clips.dir", "no place for clips: %v", err)
	}
	store, err := New(Config{
		Dir:          dir,
		SampleRate:   env.SampleRate,
		Before:       c.Before,
		After:        c.After,
		MaxAge:       c.MaxAge,
		MaxBytes:     int64(c.MaxSize),
		MinFreeBytes: int64(c.KeepFree),
		OnWell:       func() { env.Log.Info().Msg("clips can be written again") },
		OnError:      func(err error) { env.Log.Often(env.Log.Error().Err(err), "clips").Msg("clip") },
	})
	if err != nil {
		return nil, f.Issue("clips.dir", "%v", err)
	}
	env.Log.Warn().Str("folder", dir).Msg("clips are on: the sound around events is written to disk")
	return NewSink(store, env.PageURL), nil
}

// Folder is where a configuration's clips are, whether they are kept at present or not.
func Folder(f *settings.File) (string, error) {
	if dir := f.Config.Clips.Dir; dir != "" {
		return dir, nil
	}
	state, err := f.Config.StateFolder()
	return filepath.Join(state, "clips"), err
}

// Sink cuts a clip out of a source's sound for each of its events, and writes into the event where it will be.
type Sink struct {
	store   *Store
	pageURL func() string

	mu      sync.Mutex // guards sources
	sources map[string]*cutter
}

// cutter is one source's recorder, and its clips that are not finished.
type cutter struct {
	*Recorder
	open map[string]string // id → clip's name; its source's goroutine's
}

// NewSink makes a sink that keeps its clips in a store.
func NewSink(store *Store, pageURL func() string) *Sink {
	return &Sink{store: store, pageURL: pageURL, sources: map[string]*cutter{}}
}

// Run writes clips, see [Store.Run].
func (s *Sink) Run(ctx context.Context) error { return s.store.Run(ctx) }

// Dir is the folder of clips.
func (s *Sink) Dir() string { return s.store.c.Dir }

// Listen implements sink.Listener: from here on the source's events are cut out.
func (s *Sink) Listen(source string) sink.Ear {
	r := s.store.Recorder(source)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources[source] = &cutter{r, map[string]string{}}
	return r
}

// Event begins a clip at ON, unless the sound is muted, and ends it at OFF. A group has no clip: its labels do.
func (s *Sink) Event(e *sink.Event) {
	if s == nil || e.Group || e.Same != "" {
		return
	}
	s.mu.Lock()
	c := s.sources[e.Source]
	s.mu.Unlock()
	if c == nil {
		return
	}
	switch {
	case e.On && e.Muted:
	case e.On:
		c.open[e.ID] = c.Start(e.ID, e.Event.Onset, e.Onset)
		e.Clip = s.clip(c.open[e.ID])
	default:
		e.Clip = s.clip(c.open[e.ID])
		delete(c.open, e.ID)
		c.Finish(e.Clip.Name, e.Event.End)
	}
}

// clip is where a clip of this name lies; none for "".
func (s *Sink) clip(name string) sink.Clip {
	if name == "" {
		return sink.Clip{}
	}
	c := sink.Clip{Name: name, Path: filepath.Join(s.store.c.Dir, name)}
	if base := s.pageURL(); base != "" {
		c.URL = base + "clips/" + name
	}
	return c
}

// Source forgets the sound of a source that is no more.
func (s *Sink) Source(c sink.Source) {
	if s == nil {
		return
	}
	switch c.Phase {
	case status.Ended, status.Failed, status.Removed:
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sources, c.Name)
	}
}

// Scores implements sink.Sink.
func (s *Sink) Scores(sink.Scores) {}

// Diagnostics implements sink.Sink.
func (s *Sink) Diagnostics(status.Status) {}

// Report implements sink.Reporter.
func (s *Sink) Report(out *status.Status) {
	st := s.store.Stats()
	out.Clips = status.Clips{On: true, Written: st.Written, Lost: st.Dropped + st.Refused + st.Failed, Kept: st.Kept, Bytes: st.KeptBytes, Error: st.LastError}
	if st.Trouble != "" {
		out.Problems = append(out.Problems, "clips: "+st.Trouble)
	}
}
