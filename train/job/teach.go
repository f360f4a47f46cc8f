package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/head"
	"earshot/train/trainer"
)

// unrehearsed lists the labels that the model knows and the data has no clip of to learn from.
func unrehearsed(known *infer.Model, p *corpus.Prepared) []string {
	have := map[string]bool{known.Background: true}
	for _, e := range p.Train {
		have[p.Labels[e.Label]] = true
	}
	var out []string
	for _, l := range known.Labels {
		if !have[l] {
			out = append(out, l)
		}
	}
	return out
}

// teach learns the head's columns of the labels that have clips and leaves the
// rest of the network as it is, because nothing would hold it: see head.Teach.
func (o Options) teach(ctx context.Context, p *corpus.Prepared, a acrnn.Arch, init *acrnn.Weights, known *infer.Model, missing []string, ui UI) (*trainer.Result, *head.Taught, error) {
	memory, err := head.ReadMemory(known.Bytes)
	if err != nil {
		return nil, nil, ModelError{fmt.Errorf("model %s: %w", known.Path, err)}
	}
	ui.Print("note: no recordings of %s, which the model knows. Trained without them the network would forget them, so only the last layer's weights of %s are learned, everything else is frozen.",
		some(missing), some(taught(p)))
	if lacks := memory.Lacks(missing); len(lacks) > 0 {
		ui.Print("warning: the model carries no memory of the sound of %s: the new labels will answer to some of it. Give recordings with a second --data, or make the memory first: earshot model %s --convert fp16 --data esc50 --out better.onnx", some(lacks), o.startFlag())
	}
	t, err := head.Teach(ctx, a, *init, o.front(), &p.Data, memory, o.Recipe, o.Seed, o.Graph.Threads)
	if err != nil {
		return nil, nil, err
	}
	if t.Remembered > 0 {
		ui.Print("rehearsed %d remembered windows of the labels it knew: %d named right before, %d now", t.Remembered, t.Before, t.After)
	}
	r := &trainer.Result{Weights: t.Weights, Done: true, Steps: len(t.Loss)}
	for i, loss := range t.Loss {
		r.History = append(r.History, train.Epoch{Epoch: i + 1, Step: i + 1, Loss: loss})
	}
	return r, t, nil
}

// taught lists the labels that have clips to learn from.
func taught(p *corpus.Prepared) []string {
	var out []string
	for _, e := range p.Train {
		if l := p.Labels[e.Label]; !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

// some names a few of a list.
func some(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// startFlag is what --init was.
func (o Options) startFlag() string {
	if len(o.InitBytes) > 0 {
		return "builtin"
	}
	return o.Init
}

// headStart learns the last layer's weights of the new labels before the whole
// network goes on learning: seconds, where the trainer would spend its first
// epochs on them. Without a memory of all the old labels it changes nothing.
func (o Options) headStart(ctx context.Context, p *corpus.Prepared, a acrnn.Arch, init *acrnn.Weights, known *infer.Model, ui UI) (*acrnn.Weights, error) {
	memory, err := head.ReadMemory(known.Bytes)
	if err != nil {
		return nil, ModelError{fmt.Errorf("model %s: %w", known.Path, err)}
	}
	fresh := *p
	fresh.Train = nil
	for _, e := range p.Train {
		if !slices.Contains(known.Labels, p.Labels[e.Label]) {
			fresh.Train = append(fresh.Train, e)
		}
	}
	if len(fresh.Train) == 0 || len(memory.Lacks(known.Labels)) > 0 {
		return init, nil
	}
	t, err := head.Teach(ctx, a, *init, o.front(), &fresh.Data, memory, o.Recipe, o.Seed, o.Graph.Threads)
	if err != nil {
		return nil, err
	}
	ui.Print("the last layer's weights of %s have a start: loss %.3f to %.3f", some(taught(&fresh)), t.Loss[0], t.Loss[len(t.Loss)-1])
	return &t.Weights, nil
}
