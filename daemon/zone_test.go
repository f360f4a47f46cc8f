package daemon

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/infer/builtin"
	"earshot/internal/audio"
)

// TestZone: one bark in three microphones of a zone, at other levels, later and in noise of its own: one event that lists
// who heard it, the loudest first, and three sensors. The network is the one that ships.
func TestZone(t *testing.T) {
	demo, err := audio.ReadMono("capture/demo/demo.flac", 44100)
	if err != nil {
		t.Fatal(err)
	}
	bark := demo[:8*44100] // from second 2 to 6.4
	names := []string{"near", "middle", "far"}
	var sources []string
	for i, name := range names {
		x := make([]float32, len(bark)+2*44100)
		rng := rand.New(rand.NewPCG(uint64(i), 13))
		delay, level := 44100*15*i/1000, []float32{1, 0.6, 0.35}[i] // 5 m a step
		for k := range x {
			x[k] = float32(0.0005 * rng.NormFloat64())
			if from := k - delay; from >= 0 && from < len(bark) {
				x[k] += level * bark[from]
			}
		}
		path := filepath.Join(t.TempDir(), name+".wav")
		if err := audio.WriteWAV16(path, x, 44100); err != nil {
			t.Fatal(err)
		}
		sources = append(sources, fmt.Sprintf("{name: %s, zone: hall, kind: file, paths: [%q], realtime: true}", name, path))
	}
	r := newRig(t, "sources: ["+strings.Join(sources, ", ")+"]\nwatch: {hold: 2s, labels: [{label: dog}], groups: []}\n")
	r.opts.BuiltIn = builtin.Default
	r.start()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.wait(t, "offline", has("earshot/n1/availability", "offline"))
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	starts := 0
	var heardBy []string
	for _, name := range names {
		for _, p := range on(r.house.all, "/"+name+"/event") {
			var e struct {
				Phase   string
				HeardBy []string `json:"heard_by"`
			}
			if err := json.Unmarshal([]byte(p), &e); err != nil {
				t.Fatal(err)
			}
			if e.Phase == "start" {
				starts++
			} else if e.HeardBy != nil {
				heardBy = e.HeardBy
			}
		}
		if states := on(r.house.all, "/"+name+"/dog/state"); !slices.Contains(states, "ON") {
			t.Errorf("the sensor of %s never was on: %q", name, states)
		}
	}
	if starts != 1 || !slices.Equal(heardBy, names) {
		t.Errorf("%d events, heard by %q; want one, heard by %q", starts, heardBy, names)
	}
}
