package daemon

import (
	"context"
	"time"

	"earshot/internal/atomicfile"
)

// stateEvery is how often the state folder is looked at.
const stateEvery = 10 * time.Second

// watchState makes the state folder anew when somebody takes it away, and says when nothing can be written there: what
// should outlive a restart would be lost without a word. It runs beside the loop, since a disk may not answer.
func (d *Daemon) watchState(ctx context.Context) error {
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	had := false // one that never was there has been told by whoever wanted it
	for {
		d.lookAtState(&had)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// lookAtState looks once; had says whether there ever was a folder that could be written to.
func (d *Daemon) lookAtState(had *bool) {
	d.mu.Lock()
	f, before := d.file, d.stateTrouble
	d.mu.Unlock()
	dir, err := f.Config.StateFolder()
	if err == nil {
		err = atomicfile.Folder(dir, 0o700)
	}
	*had = *had || err == nil
	if !*had {
		return
	}
	now := ""
	if err != nil {
		now = err.Error()
	}
	if now == before {
		return
	}
	d.set(func() { d.stateTrouble = now })
	if err != nil {
		d.log.Error().Err(err).Msg("state folder: what should outlive a restart is not kept")
	} else {
		d.log.Info().Msg("state folder can be written again")
	}
}
