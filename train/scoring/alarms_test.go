package scoring

import (
	"context"
	"slices"
	"testing"

	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/test/learned"
	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/features"
	"earshot/train/metrics"
	"earshot/train/modelfile"
)

// An event is right where it meets a clip of its label, however many it spans, and false where it meets none.
func TestAlarmsAreCounted(t *testing.T) {
	test := []train.Example{{Label: 0}, {Label: 1}, {Label: 0}, {Label: 1}, {Label: 2}}
	got := countAlarms([]string{"dog", "cat", "rain", "siren"}, test, []heard{
		{0, 0, 1}, // dog, into the cat's clip
		{1, 0, 0}, // cat while the dog barks
		{1, 2, 3}, // cat, begun a clip too early
		{3, 4, 4}, // siren while it rains
		{3, 0, 0},
	})
	want := []metrics.AlarmCount{{Label: "dog", Clips: 2, Heard: 1}, {Label: "cat", Clips: 2, Heard: 1, False: 1}, {Label: "rain", Clips: 1}, {Label: "siren", False: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A network that names every tone alarms for each clip's own label; one whose thresholds
// nothing reaches never does; one that any score reaches alarms in noise too.
func TestAlarmsOfALearnedNetwork(t *testing.T) {
	n := learned.Tones(t)
	o := AlarmOptions{Hop: 32, Average: 1, Quiet: 1, Seed: 1}
	count := func(on, off float64) *metrics.Alarms {
		m := exported(t, n, func(i *modelfile.Info) {
			for _, l := range i.Labels {
				i.Thresholds[l] = infer.Threshold{On: on, Off: off}
			}
		})
		s, err := OfModel(m, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		a, err := s.Alarms(context.Background(), m, n.Data.Test, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := count(0.6, 0.4)
	if all := a.Sum(nil); all.Clips != len(n.Data.Test) || all.Heard < all.Clips*3/4 {
		t.Errorf("heard %d of %d clips", all.Heard, all.Clips)
	}
	if hours := float64(len(n.Data.Test)*160*512) / 44100 / 3600; a.Hours < hours*0.999 || a.Hours > hours*1.001 {
		t.Errorf("%g hours, want %g", a.Hours, hours)
	}
	if a.QuietHours < 0.016 || a.QuietHours > 0.017 {
		t.Errorf("%g hours of noise, want a minute", a.QuietHours)
	}
	if all := count(1, 1).Sum(nil); all.Heard != 0 || all.False != 0 {
		t.Errorf("with thresholds out of reach: %+v", all)
	}
	low := count(0.001, 0.0009)
	if low.Sum(nil).Quiet == 0 {
		t.Errorf("with thresholds that any score reaches noise alarms nothing: %+v", low.Sum(nil))
	}
}

// A stream's windows are those of its clips laid end to end: the events do not depend on where clips are cut.
func TestStreamIsOneSound(t *testing.T) {
	n := learned.Tones(t)
	m := exported(t, n, nil)
	s, err := OfModel(m, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o := AlarmOptions{Hop: 32, Average: 2, Hold: 0.2}
	var apart []*features.Clip
	whole := &features.Clip{}
	for _, e := range n.Data.Test[:6] {
		apart = append(apart, e.Clip)
		whole.Energies, whole.Silent, whole.Frames = append(whole.Energies, e.Clip.Energies...), append(whole.Silent, e.Clip.Silent...), whole.Frames+e.Clip.Frames
	}
	labels := func(clips []*features.Clip) (labels []int) {
		events, _, err := s.stream(context.Background(), m, clips, o, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			labels = append(labels, e.label)
		}
		return labels
	}
	a, b := labels(apart), labels([]*features.Clip{whole})
	if len(a) == 0 || !slices.Equal(a, b) {
		t.Errorf("events of labels %v from six clips, %v from one", a, b)
	}
}

// The smoother's rules are the model's own, and the background has none.
func TestRulesAreTheModels(t *testing.T) {
	m := &infer.Model{Labels: []string{"dog", "background", "cat"}, Background: "background",
		Thresholds: map[string]infer.Threshold{"dog": {On: 0.7, Off: 0.3}, "background": {On: 0.5, Off: 0.3}}}
	want := []smooth.Rule{{On: 0.7, Off: 0.3, Hold: 9}, {}, {}}
	if got := rules(m, 9); !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// exported is n's model file as the daemon reads it.
func exported(t *testing.T, n *learned.Network, change func(*modelfile.Info)) *infer.Model {
	t.Helper()
	info := modelfile.Info{Labels: n.Data.Labels, Names: map[string]string{}, FrontEnd: tones.Front(), Thresholds: map[string]infer.Threshold{},
		Temperature: 1.5, Provenance: map[string]any{"seed": 2}, Licence: map[string]any{"data": "made up"}}
	if change != nil {
		change(&info)
	}
	b, err := modelfile.Export(n.Arch, n.Weights, info)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.ParseModel("tones", b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}
