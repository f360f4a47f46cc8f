package bench

import (
	"fmt"
	"path/filepath"
	"time"

	"earshot/daemon/config"
	"earshot/internal/audio"
)

// pipelineSources play at once; two keep both sides busy, front ends and network.
const pipelineSources = 2

// Pipeline measures the whole way, from file to broker, as fast as it goes: how many seconds of sound a second of
// processor time carries, which is how many live streams one core can serve.
func (s Setup) Pipeline(sound time.Duration) ([]Row, error) {
	path := filepath.Join(s.Dir, "noise.wav")
	x := noise(int(sound.Seconds() * float64(rate) / pipelineSources))
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
	wall, work := time.Since(began), processorTime()-spent
	return []Row{
		{"real-time streams a core, hop 64", sound.Seconds() / work.Seconds(), "streams", "≥ 120", fmt.Sprintf("%.0f s of sound in %.1f s of processor time, loading included", sound.Seconds(), work.Seconds())},
		{"the same by the clock, all cores", sound.Seconds() / wall.Seconds(), "× real time", "", ""},
	}, nil
}
