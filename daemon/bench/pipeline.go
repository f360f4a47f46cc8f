package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"earshot/daemon/capture/demo"
	"earshot/daemon/config"
	"earshot/internal/audio"
)

// pipelineSources play at once; two keep both sides busy, front ends and network.
const pipelineSources = 2

// Pipeline measures the whole way, from file to broker, as fast as it goes: how many seconds of sound a second of
// processor time carries, which is how many live streams one core can serve. Quiet noise asks the second network
// nothing; the bundled recording, six sounds of a house in 38 s, again and again, asks it often.
func (s Setup) Pipeline(sound time.Duration) ([]Row, error) {
	busy, err := demo.Samples(rate)
	if err != nil {
		return nil, err
	}
	n := int(sound.Seconds() * float64(rate) / pipelineSources)
	quiet := noise(n)
	for i := range quiet {
		quiet[i] *= 0.01 // -60 dBFS
	}
	rows, err := s.pipeline("quiet noise", quiet)
	if err != nil {
		return nil, err
	}
	more, err := s.pipeline("sounds without end", slices.Repeat(busy, n/len(busy)+1)[:n])
	return append(rows, more...), err
}

// pipeline lets a daemon hear x from each of its sources.
func (s Setup) pipeline(what string, x []float32) ([]Row, error) {
	path := filepath.Join(s.Dir, "sound.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		return nil, err
	}
	realtime := false
	var sources []config.Source
	for i := range pipelineSources {
		sources = append(sources, config.Source{Name: fmt.Sprintf("file%d", i), Kind: config.KindFile, Paths: []string{path}, Realtime: &realtime})
	}
	began, spent := time.Now(), processorTime()
	d, err := s.start(nil, sources, nil)
	if err != nil {
		return nil, err
	}
	defer d.stop()
	if err := <-d.done; err != nil {
		return nil, err
	}
	if err := s.Context.Err(); err != nil { // Ctrl-C: half a run is no figure
		return nil, err
	}
	wall, work, sound := time.Since(began), processorTime()-spent, float64(pipelineSources*len(x))/float64(rate)
	return []Row{
		{"real-time streams a core, hop 64, " + what, sound / work.Seconds(), "streams", "≥ 120", fmt.Sprintf("%.0f s of sound in %.1f s of processor time, loading included", sound, work.Seconds())},
		{"the same by the clock, all cores", sound / wall.Seconds(), "× real time", "", ""},
	}, nil
}
