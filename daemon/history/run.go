package history

import (
	"context"
	"errors"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
)

// How the writer goes about it.
const (
	batchItems  = 256             // written at once, at the most
	retryEvery  = 3 * time.Second // while the disk does not take it
	retainEvery = 10 * time.Minute
	retainSoon  = time.Second // the next go, when one was not enough
	lastWrite   = 500 * time.Millisecond
)

// writer is the state of Run.
type writer struct {
	*Sink
	store  *store.Writer // nil while it cannot be opened
	packer block.Packer
	batch  store.Batch // what the disk did not take yet
	items  int         // in it
	bad    bool        // the last try failed
}

// Run writes until ctx ends, and then what is left. It never fails: while the disk does not take it, the newest wait and
// the oldest are dropped and counted.
func (s *Sink) Run(ctx context.Context) error {
	w := &writer{Sink: s}
	defer w.close()
	retry, retain := time.NewTicker(retryEvery), time.NewTimer(retainSoon)
	defer retry.Stop()
	defer retain.Stop()
	w.flush(ctx) // opens it
	for {
		queue := s.queue
		if w.bad {
			queue = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case i := <-queue:
			w.take(i)
			w.fill()
			w.flush(ctx)
		case <-retry.C:
			if w.bad || !w.store.There() {
				w.flush(ctx)
			}
		case <-retain.C:
			retain.Reset(w.retain(ctx))
		}
	}
}

// fill takes what waits, as far as there is room.
func (w *writer) fill() {
	for w.items < batchItems {
		select {
		case i := <-w.queue:
			w.take(i)
		default:
			return
		}
	}
}

func (w *writer) take(i item) {
	w.items++
	switch {
	case i.event != nil:
		w.batch.Events = append(w.batch.Events, *i.event)
	case i.scores != nil:
		w.batch.Scores = append(w.batch.Scores, i.scores.pack(&w.packer))
	case i.level != nil:
		w.batch.Levels = append(w.batch.Levels, *i.level)
	}
}

// flush writes the batch, into a store that is opened anew where it is not there.
func (w *writer) flush(ctx context.Context) {
	err := w.write(ctx)
	if ctx.Err() != nil && err != nil {
		return // interrupted: what is left is written by close
	}
	n := int64(w.items)
	if err == nil || !store.Passing(err) && w.store != nil { // what cannot ever be written is not tried for ever
		w.batch, w.items = store.Batch{}, 0
	}
	w.tell(err)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.stats.Written += n
	case w.items == 0:
		w.stats.Lost += n
	}
}

func (w *writer) write(ctx context.Context) error {
	if w.store != nil && !w.store.There() {
		_ = w.store.Close()
		w.store = nil
	}
	if w.store == nil {
		fresh, aside, err := store.Create(w.c.Path)
		if aside != "" {
			w.c.Log.Error().Str("put aside", aside).Msg("history: what stood there cannot be read; a new one begins")
		}
		if err != nil {
			return err
		}
		w.store = fresh
	}
	if w.items == 0 {
		return nil
	}
	return w.store.Write(ctx, &w.batch)
}

// tell says once that it goes wrong, and once that it goes well again.
func (w *writer) tell(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.trouble
	if w.bad = err != nil; !w.bad {
		w.trouble = ""
		if was != "" {
			w.c.Log.Info().Int64("lost", w.stats.Lost).Msg("history can be written again")
		}
		return
	}
	w.trouble = err.Error()
	if was == "" {
		w.c.Log.Error().Err(err).Msg("history cannot be written; earshot goes on without")
	}
}

// retain drops what has its age, and says when to look again.
func (w *writer) retain(ctx context.Context) time.Duration {
	if w.store == nil || w.bad {
		return retainEvery
	}
	now := time.Now()
	done, err := w.store.Retain(ctx, store.Keep{Since: now.Add(-w.c.Keep), ScoresSince: now.Add(-w.c.KeepScores), MaxBytes: w.c.MaxBytes})
	if err != nil && !errors.Is(err, context.Canceled) {
		w.tell(err)
	}
	if !done && err == nil {
		return retainSoon
	}
	return retainEvery
}

// close writes what is left.
func (w *writer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	w.mu.Lock()
	for name, m := range w.minutes {
		if m.open != nil {
			w.take(item{scores: m.open})
		}
		delete(w.minutes, name)
	}
	w.mu.Unlock()
	for w.fill(); w.items > 0 && ctx.Err() == nil; w.fill() {
		if w.flush(ctx); w.bad {
			break
		}
	}
	if w.store != nil {
		_ = w.store.Close()
	}
}
