package trainer

import (
	"context"
	"math"
	"time"

	"earshot/train"
	"earshot/train/batches"
)

// loop runs the remaining steps, with a round of looking for hard negatives between stretches of them where the recipe wants that.
func (t *trainer) loop(ctx context.Context) error {
	for t.step < t.steps && ctx.Err() == nil {
		if t.mines() {
			if err := t.mine(); err != nil {
				return err
			}
		}
		if err := t.stretch(ctx); err != nil {
			return err
		}
	}
	return t.save()
}

// stretch runs the steps up to the next round of looking for hard negatives, or all that remain. Batches are prepared one step ahead, so
// that the front end's work hides behind the graph's.
func (t *trainer) stretch(ctx context.Context) error {
	per := t.sampler.StepsPerEpoch()
	until := t.steps
	if t.cfg.Recipe.Mine > 0 {
		until = min(until, (t.step/(mineEpochs*per)+1)*mineEpochs*per)
	}
	next := make(chan *batches.Batch, 1)
	free := make(chan *batches.Batch, 2)
	for range 2 {
		free <- t.newBatch()
	}
	quit := make(chan struct{})
	defer func() { // the producer closes next when it leaves
		close(quit)
		for range next {
		}
	}()
	go t.produce(until, next, free, quit)

	for t.step < until && ctx.Err() == nil {
		stepBegan := time.Now()
		b, ok := <-next
		if !ok {
			return t.produced
		}
		copy(t.engine.Window(), b.Window)
		copy(t.engine.Target(), b.Target)
		m9, m10 := t.engine.Masks()
		copy(m9, b.Mask9)
		copy(m10, b.Mask10)
		free <- b
		rate := t.cfg.Recipe.At(t.step, t.steps)
		r, err := t.engine.Step(rate)
		if err != nil {
			return err
		}
		loss := float64(r.Loss)
		if d := loss + float64(r.Norm); math.IsNaN(d) || math.IsInf(d, 0) {
			return ErrDiverged
		}
		t.step++
		seconds := time.Since(stepBegan).Seconds()
		t.epoch = Running{t.epoch.Loss + loss, t.epoch.Norm + float64(r.Norm), t.epoch.Steps + 1, t.epoch.Seconds + seconds}
		if t.smooth == 0 {
			t.smooth = loss
		}
		t.smooth += 0.05 * (loss - t.smooth)
		if t.cfg.OnStep != nil {
			t.cfg.OnStep(train.Progress{Step: t.step, Steps: t.steps, Loss: t.smooth, Seconds: seconds})
		}
		if t.step%per == 0 || t.step == t.steps {
			n := float64(t.epoch.Steps)
			e := train.Epoch{Epoch: (t.step + per - 1) / per, Step: t.step, Loss: t.epoch.Loss / n, Norm: t.epoch.Norm / n,
				Rate: rate.Learning, Seconds: t.epoch.Seconds, Mined: t.mined}
			t.epoch, t.mined = Running{}, nil
			if err := t.endEpoch(e); err != nil {
				return err
			}
		}
		if time.Since(t.saved) > t.cfg.SaveEvery {
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *trainer) newBatch() *batches.Batch {
	m9, m10 := t.engine.Masks()
	return &batches.Batch{Window: make([]float32, len(t.engine.Window())), Target: make([]float32, len(t.engine.Target())),
		Mask9: make([]float32, len(m9)), Mask10: make([]float32, len(m10))}
}

// produce fills the batches of the steps before until, in order, until quit closes or a teacher fails: then it leaves the error in produced.
func (t *trainer) produce(until int, next chan<- *batches.Batch, free <-chan *batches.Batch, quit <-chan struct{}) {
	defer close(next)
	w := batches.NewWindower(t.cfg.Recipe.Augment, t.front)
	for step := t.step; step < until; step++ {
		var b *batches.Batch
		select {
		case b = <-free:
		case <-quit:
			return
		}
		t.sampler.Fill(b, step, t.steps, w)
		if t.produced = t.teach(b); t.produced != nil {
			return
		}
		select {
		case next <- b:
		case <-quit:
			return
		}
	}
}

// teach lets the teacher say what it makes of b's windows.
func (t *trainer) teach(b *batches.Batch) error {
	if t.cfg.Teach == nil {
		return nil
	}
	n := t.cfg.Recipe.Batch
	if t.plain == nil {
		t.plain = make([]float32, len(b.Window))
	}
	copy(t.plain, b.Window)
	for i := range n {
		t.norm.Undo(t.plain[i*train.WindowLen : (i+1)*train.WindowLen])
	}
	return t.cfg.Teach(t.plain, b.Target)
}

// endEpoch measures where it is time to, and reports.
func (t *trainer) endEpoch(e train.Epoch) error {
	last := t.step >= t.steps
	if every := t.cfg.EvalEvery; t.cfg.Measure != nil && (last || every > 0 && e.Epoch%every == 0) {
		w, err := t.finalWeights()
		if err != nil {
			return err
		}
		clips, windows, err := t.cfg.Measure(w)
		if err != nil {
			return err
		}
		e.Accuracy, e.Windows, e.Measured = clips, windows, true
	}
	t.history = append(t.history, e)
	if t.cfg.OnEpoch != nil {
		return t.cfg.OnEpoch(e)
	}
	return nil
}
