package sink

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Heard is a source that heard a sound, and how loud its loudest second was there, from when it was told of.
type Heard struct {
	Source    string
	LevelDBFS float64
}

// Together is how far apart the onsets of one sound may lie in the sources of a zone: sound needs 3 ms a metre, and the
// networks place an onset to a few tenths of a second.
const Together = time.Second

// Zones knows which sources hear the same room, and tells which of their events are the same sound: one of the same
// label that begins within [Together]. The first that is told is the sound's event; the others are marked, and their
// sources listed at its end. It is safe for concurrent use; the zero Zones has none.
type Zones struct {
	mu     sync.Mutex
	of     map[string]string    // source → zone
	sounds map[[2]string]*sound // (zone, label) → the newest
	same   map[[2]string]string // (source, label) of what is on and the same sound → who was first
}

// sound is one sound in a zone.
type sound struct {
	first string
	onset time.Time
	heard []Heard
	over  bool // the first's event has ended
}

// Set says which zone a source is in; sources that are in none are left out. What is on keeps its place.
func (z *Zones) Set(of map[string]string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.of = of
	if z.sounds == nil {
		z.sounds, z.same = map[[2]string]*sound{}, map[[2]string]string{}
	}
}

// louder keeps of every sound that its source hears how loud it has been there: one source tells of it sooner than another, at a
// softer moment of it.
func (z *Zones) louder(s Scores) {
	z.mu.Lock()
	defer z.mu.Unlock()
	zone := z.of[s.Source]
	if zone == "" {
		return
	}
	for key, sound := range z.sounds {
		if key[0] != zone || sound.over {
			continue
		}
		for i, h := range sound.heard {
			if h.Source == s.Source {
				sound.heard[i].LevelDBFS = max(h.LevelDBFS, s.LevelDBFS)
			}
		}
	}
}

// join finds out whether an event is a sound that was told already. Muted ones do not take part: nobody is told of them.
func (z *Zones) join(e *Event) {
	z.mu.Lock()
	defer z.mu.Unlock()
	zone := z.of[e.Source]
	here, key := [2]string{e.Source, e.ID}, [2]string{zone, e.ID}
	if !e.On {
		e.Same = z.same[here]
		delete(z.same, here)
		s := z.sounds[key]
		if e.Same != "" || s == nil || s.first != e.Source || !s.onset.Equal(e.Onset) {
			return
		}
		if s.over = true; len(s.heard) > 1 {
			e.Heard = slices.Clone(s.heard)
			slices.SortStableFunc(e.Heard, func(a, b Heard) int { return cmp.Compare(b.LevelDBFS, a.LevelDBFS) })
		}
		return
	}
	if zone == "" || e.Muted {
		return
	}
	mine := Heard{e.Source, e.Why.LevelDBFS}
	s := z.sounds[key]
	if s == nil || s.first == e.Source || e.Onset.Sub(s.onset).Abs() > Together {
		z.sounds[key] = &sound{first: e.Source, onset: e.Onset, heard: []Heard{mine}}
		return
	}
	e.Same = s.first
	z.same[here] = s.first
	s.heard = append(s.heard, mine)
}
