package trainer

import (
	"time"

	"earshot/train"
	"earshot/train/checkpoint"
)

// Running is what an unfinished epoch has summed up so far.
type Running struct {
	Loss, Norm float64
	Steps      int
	Seconds    float64
}

func (t *trainer) save() error {
	t.saved = time.Now()
	if t.cfg.Checkpoint == "" {
		return nil
	}
	c := &header{Arch: t.cfg.Arch, Recipe: t.cfg.Recipe, Seed: t.cfg.Seed, Data: t.data.Digest, Floor: t.cfg.Floor,
		Norm: t.norm, Labels: t.data.Labels, Step: t.step, Epoch: t.epoch, History: t.history,
		Hard: t.sampler.Hard(), MinedAt: t.minedAt, Mined: t.mined, vectors: t.engine.State()}
	return c.save(t.cfg.Checkpoint)
}

// Resumable says whether a training of d may go on from its checkpoint, before anything that takes long: nil where it may, and
// where there is none. Otherwise the error names what differs.
func (c Config) Resumable(d *train.Data) error {
	if !c.Resume || c.Checkpoint == "" {
		return nil
	}
	if !checkpoint.Exists(c.Checkpoint) {
		return nil
	}
	_, err := c.load(d)
	return err
}

// load reads the checkpoint, which must be of this very training of d.
func (c Config) load(d *train.Data) (*header, error) {
	have, err := loadHeader(c.Checkpoint)
	if err != nil {
		return nil, err
	}
	return have, checkpoint.Same(c.Checkpoint,
		checkpoint.Part{What: "network", Have: have.Arch, Want: c.Arch},
		checkpoint.Part{What: "recipe", Have: have.Recipe, Want: c.Recipe},
		checkpoint.Part{What: "label list", Have: have.Labels, Want: d.Labels},
		checkpoint.Part{What: "data", Have: have.Data, Want: d.Digest},
		checkpoint.Part{What: "seed", Have: have.Seed, Want: c.Seed},
		checkpoint.Part{What: "front end's floor", Have: have.Floor, Want: c.Floor})
}

// restore takes the state from the checkpoint.
func (t *trainer) restore() error {
	c, err := t.cfg.load(t.data)
	if err != nil {
		return err
	}
	if err := checkpoint.Restore(t.cfg.Checkpoint, t.engine.State(), c.vectors); err != nil {
		return err
	}
	if err := t.sampler.SetHard(c.Hard); err != nil {
		return checkpoint.Refuse(t.cfg.Checkpoint, "background", err.Error())
	}
	t.step, t.history, t.epoch, t.norm, t.minedAt, t.mined = c.Step, c.History, c.Epoch, c.Norm, c.MinedAt, c.Mined
	return nil
}
