package bench

import (
	"fmt"
	"time"

	"earshot/daemon/engine"
	"earshot/infer"
	"earshot/verify"
	"earshot/verify/logmel"
)

// Verify measures the second network: a patch of log-mel frames, and what a candidate costs by its new patches, from samples to the
// head's answer.
func Verify(s engine.Second, provider string, budget time.Duration) ([]Row, error) {
	if s.Head == nil {
		return []Row{{"second opinion " + s.String(), 0, "ms", "", ""}}, nil
	}
	e, err := s.Open(infer.Options{Provider: provider, Threads: 1})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	var failed error
	patch, embedding, sounds := noise(logmel.PatchLen), make([]float32, verify.EmbeddingLen), make([]float32, e.Sounds)
	asks := []func(){func() {
		if err := e.Embed(patch, 1, embedding, sounds); err != nil {
			failed = err
		}
	}}
	for n := range int64(3) {
		sound := verify.NewSound()
		v := verify.New(sound, e.Embed, e.Sounds)
		mean, scratch := make([]float32, s.Head.Classes()), make([]float32, s.Head.Classes())
		x := noise(int(n+1) * verify.PatchHop)
		at := int64(0)
		asks = append(asks, func() { // so much new sound completes as many new patches
			sound.Write(at, x, false)
			at += int64(len(x))
			patches, _, err := v.Patches(at, (n+3)*verify.PatchHop)
			if err != nil {
				failed = err
			}
			s.Head.Mean(mean, scratch, patches)
		})
	}
	times := compare(processorTime, budget, asks...)
	rows := []Row{{"a patch, the network alone, 1 thread, " + e.Provider, millis(times[0]), "ms", "", s.Model.Name}}
	for i, t := range times[1:] {
		rows = append(rows, Row{fmt.Sprintf("a candidate, %d new patch(es), 1 thread, %s", i+1, e.Provider), millis(t), "ms", "≤ 30", s.String()})
	}
	return rows, failed
}
