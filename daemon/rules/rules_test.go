package rules

import (
	"slices"
	"strings"
	"testing"

	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/infer/smooth"
	"earshot/internal/test/testmodel"
)

// resolved matches a configuration with a model of these labels, whose own thresholds for dog are 0.8 and 0.6.
func resolved(t *testing.T, yaml string, labels ...string) (*Rules, error) {
	t.Helper()
	m, err := infer.ParseModel("test", testmodel.New(labels...).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m.Thresholds = map[string]infer.Threshold{"dog": {On: 0.8, Off: 0.6}}
	f, err := config.Parse("x.yaml", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	return Resolve(f, m, gammatone.Default(), nil)
}

func ids(w *Rules) (out []string) {
	for _, l := range w.Watched {
		out = append(out, l.ID)
	}
	return out
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		labels     []string // of the model
		want       []string // watched, in order
	}{
		{"defaults leave out what the model lacks", "", []string{"rain", "dog", "siren", "background"}, []string{"siren", "dog", "alarm"}},
		{"a model of one's own is watched whole", "", []string{"doorbell", "kettle", "background"}, []string{"doorbell", "kettle"}},
		{"named labels in their order", "watch: {labels: [{label: rain}, {label: dog}], groups: []}", []string{"dog", "rain"}, []string{"rain", "dog"}},
		{"all but those named apart", `watch: {labels: [{label: siren}, {label: "*"}], groups: []}`, []string{"dog", "siren", "rain", "background"}, []string{"siren", "dog", "rain"}},
		{"nothing but a group", "watch: {labels: [], groups: [{name: g, labels: [dog, rain]}]}", []string{"dog", "rain"}, []string{"g"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := resolved(t, c.yaml, c.labels...)
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(w); !slices.Equal(got, c.want) {
				t.Errorf("watched %v, want %v", got, c.want)
			}
		})
	}
}

// TestTaughtIsWatched: what was taught at home is watched beside what is named, unless somebody does not want it.
func TestTaughtIsWatched(t *testing.T) {
	for yaml, want := range map[string][]string{
		"": {"siren", "dog", "doorbell", "alarm"},
		"watch: {labels: [{label: dog}], groups: []}":      {"dog", "doorbell"},
		"watch: {labels: [{label: doorbell}], groups: []}": {"doorbell"},
		"watch: {labels: [{label: '*'}], groups: []}":      {"dog", "siren", "doorbell"},
		"watch: {new: false}":                              {"siren", "dog", "alarm"},
	} {
		m, err := infer.ParseModel("test", testmodel.New("dog", "siren", "doorbell", "background").Bytes())
		if err != nil {
			t.Fatal(err)
		}
		m.Taught = []string{"doorbell"}
		f, err := config.Parse("x.yaml", []byte(yaml), nil)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Resolve(f, m, gammatone.Default(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(w); !slices.Equal(got, want) {
			t.Errorf("%q: watched %v, want %v", yaml, got, want)
		}
	}
}

func TestRules(t *testing.T) {
	const second = 44100
	for _, c := range []struct {
		name, yaml string
		want       smooth.Rule // dog's
	}{
		{"the model's", "watch: {hold: 1s, labels: [{label: dog}], groups: []}", smooth.Rule{On: 0.8, Off: 0.6, Hold: second}},
		{"common to all", "watch: {on: 0.4, off: 0.2, hold: 0s, labels: [{label: dog}], groups: []}", smooth.Rule{On: 0.4, Off: 0.2}},
		{"the label's own", "watch: {on: 0.4, off: 0.2, hold: 1s, min_on: 2s, labels: [{label: dog, on: 0.9, off: 0.1, hold: 3s, min_on: 0s, cooldown: 1m}], groups: []}",
			smooth.Rule{On: 0.9, Off: 0.1, Hold: 3 * second, Cooldown: 60 * second}},
		{"own on, off in proportion", "watch: {hold: 0s, labels: [{label: dog, on: 0.5}], groups: []}", smooth.Rule{On: 0.5, Off: 0.3}},
		{"own off below the model's on", "watch: {hold: 0s, labels: [{label: dog, off: 0.1}], groups: []}", smooth.Rule{On: 0.8, Off: 0.1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := resolved(t, c.yaml, "dog", "rain")
			if err != nil {
				t.Fatal(err)
			}
			got := w.Smooth.Rules[0]
			if d := got.Off - c.want.Off; d*d < 1e-12 {
				got.Off = c.want.Off
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if w.Smooth.Rules[1] != (smooth.Rule{}) {
				t.Errorf("rain is not watched and has the rule %+v", w.Smooth.Rules[1])
			}
		})
	}
}

func TestGroupTakesTheSharpest(t *testing.T) {
	w, err := resolved(t, "watch: {hold: 1s, labels: [{label: rain, on: 0.3, off: 0.2, hold: 9s}], groups: [{name: wet, title: Wet, labels: [dog, rain]}]}", "dog", "rain")
	if err != nil {
		t.Fatal(err)
	}
	g := w.Smooth.Groups[0]
	if g.Rule.On != 0.3 || g.Rule.Off != 0.2 || g.Rule.Hold != 9*44100 || !slices.Equal(g.Members, []int{0, 1}) {
		t.Errorf("%+v", g)
	}
	if w.Titles[5] != "Wet" || w.Index("wet") != 5 || w.Index("none") != -1 {
		t.Errorf("%v", w.Titles)
	}
}

func TestResolveErrors(t *testing.T) {
	for yaml, want := range map[string]string{
		"watch: {labels: [{label: dgo}]}":                           `x.yaml:1: watch.labels[0].label: "dgo": the model does not know it; did you mean dog?`,
		"watch: {labels: [{label: zzzzzzzzz}]}":                     `it knows dog, background`,
		"watch: {labels: [{label: background}]}":                    `never switches on`,
		"watch: {groups: [{name: g, labels: [cat]}]}":               `watch.groups[0].labels[0]: "cat": the model does not know it`,
		"watch: {labels: [], groups: [{name: dog, labels: [dog]}]}": `a group needs a name of its own`,
	} {
		if _, err := resolved(t, yaml, "dog", "background"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}

// TestShippedModelKnowsTheDefaults: every label and group of the built-in configuration is one of the shipped
// model's.
func TestShippedModelKnowsTheDefaults(t *testing.T) {
	m, front, err := engine.Load("", builtin.Default)
	if err != nil {
		t.Fatal(err)
	}
	f, err := config.Parse(config.BuiltIn, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Resolve(f, m, front, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(f.Config.Watch.Labels) + len(f.Config.Watch.Groups); len(w.Watched) != want {
		t.Errorf("%d of %d are known: %v", len(w.Watched), want, ids(w))
	}
}
