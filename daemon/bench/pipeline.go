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
// nothing; gated (windows.gate), most of its windows are not computed. The bundled recording, six sounds of a house in 38 s, again and again, asks
// often.
func (s Setup) Pipeline(sound time.Duration) (rows []Row, err error) {
	busy, err := demo.Samples(rate)
	if err != nil {
		return nil, err
	}
	n := int(sound.Seconds() * float64(rate) / pipelineSources)
	quiet := noise(n)
	for i := range quiet {
		quiet[i] *= 0.01 // -60 dBFS
	}
	for _, c := range []struct {
		what     string
		settings map[string]string
		x        []float32
	}{
		{"quiet noise", nil, quiet},
		{"gated quiet noise", map[string]string{"windows.gate": "true"}, quiet},
		{"sounds without end", nil, slices.Repeat(busy, n/len(busy)+1)[:n]},
	} {
		more, err := s.pipeline(c.what, c.settings, c.x)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// pipeline lets a daemon hear x from each of its sources, after another that hears a second of it: what the two differ by is what
// sound costs. A daemon loads once in months.
func (s Setup) pipeline(what string, settings map[string]string, x []float32) ([]Row, error) {
	loading, err := s.hear(settings, x[:min(len(x), rate)])
	if err != nil {
		return nil, err
	}
	whole, err := s.hear(settings, x)
	if err != nil {
		return nil, err
	}
	sound, work := whole.sound-loading.sound, whole.work-loading.work
	return []Row{
		{"real-time streams a core, hop 64, " + what, sound / work.Seconds(), "streams", "≥ 120",
			fmt.Sprintf("%.0f s of sound in %.1f s of processor time, and %.1f s of loading before", sound, work.Seconds(), loading.work.Seconds())},
		{"the same by the clock, all cores", sound / (whole.wall - loading.wall).Seconds(), "× real time", "", ""},
	}, nil
}

// heard is what a daemon took for its sound, loading included.
type heard struct {
	sound      float64 // seconds, of all sources
	wall, work time.Duration
}

// hear lets a daemon hear x from each of its sources.
func (s Setup) hear(settings map[string]string, x []float32) (h heard, err error) {
	path := filepath.Join(s.Dir, "sound.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		return h, err
	}
	realtime := false
	var sources []config.Source
	for i := range pipelineSources {
		sources = append(sources, config.Source{Name: fmt.Sprintf("file%d", i), Kind: config.KindFile, Paths: []string{path}, Realtime: &realtime})
	}
	began, spent := time.Now(), processorTime()
	d, err := s.start(settings, sources, nil)
	if err != nil {
		return h, err
	}
	defer d.stop()
	if err := <-d.done; err != nil {
		return h, err
	}
	if err := s.Context.Err(); err != nil { // Ctrl-C: half a run is no figure
		return h, err
	}
	return heard{float64(pipelineSources*len(x)) / float64(rate), time.Since(began), processorTime() - spent}, nil
}
