package replay

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"earshot/daemon/config"
	"earshot/daemon/rules"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/beside"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
)

// A smoke alarm in a recording is told by its rhythm, and by its own name, while the network has the say in all else.
func TestSmokeAlarm(t *testing.T) {
	front := gammatone.Default()
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = front.Fingerprint()
	m, err := infer.ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	f, err := config.Parse("x.yaml", []byte(`watch: {labels: [{label: smoke_alarm}, {label: co_alarm}], groups: [{name: danger, labels: [smoke_alarm]}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rules.Resolve(f, m, front, nil)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 40*rate)
	for i := range x {
		if s := float64(i)/rate - 5; s >= 0 && s < 20 && math.Mod(s, 4) < 3 && math.Mod(s, 1) < 0.5 {
			x[i] = float32(0.1 * math.Sin(2*math.Pi*3100*s))
		}
	}
	path := filepath.Join(t.TempDir(), "alarm.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		t.Fatal(err)
	}
	p, err := New(t.Context(), Config{Model: m, Front: front, HopFrames: f.Config.Windows.HopFrames, Provider: "cpu", Smooth: r.Smooth, Cadence: r.Cadence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	got, err := p.Play(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Labels) + len(beside.Labels); len(got.Windows[0].Scores) != n {
		t.Errorf("%d scores a window, want %d", len(got.Windows[0].Scores), n)
	}
	var told []string
	for _, e := range got.Events {
		told = append(told, r.IDs[e.Label])
		if on, off := float64(e.On)/rate, float64(e.Off)/rate; on < 10 || on > 5+8+3 || off < 25 || off > 40 {
			t.Errorf("%s from %.1f to %.1f s; want it by 16 s, and until the alarm has been over for some seconds", r.IDs[e.Label], on, off)
		}
	}
	if len(told) != 2 || told[0] == "co_alarm" || told[1] == "co_alarm" {
		t.Errorf("told %v; want smoke_alarm and its group", told)
	}
}
