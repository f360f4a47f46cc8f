package smooth

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// A window of 100 samples every 50, one label "dog" beside "background".
const (
	winLen = 100
	hop    = 50
)

func config(r Rule, average int) Config {
	return Config{Labels: []string{"dog", "background"}, Average: average, Rules: []Rule{r, r}, Background: "background", WindowSamples: winLen}
}

// play pushes one window for each score and spells the events as
// "+end/onset" and "-end/end of sound", end being the window's number.
func play(s *Smoother, from int, scores ...float64) string {
	var b strings.Builder
	for i, p := range scores {
		at := int64((from + i) * hop)
		for _, e := range s.Push(at, at+winLen, []float32{float32(p), float32(1 - p)}, nil, nil) {
			spell(&b, e, from+i)
		}
	}
	return strings.TrimSpace(b.String())
}

func spell(b *strings.Builder, e Event, when int) {
	if e.On {
		fmt.Fprintf(b, " +%d/%d", when, e.Onset)
	} else {
		fmt.Fprintf(b, " -%d/%d", when, e.End)
	}
}

func TestSwitching(t *testing.T) {
	for _, c := range []struct {
		name    string
		rule    Rule
		average int
		scores  []float64
		want    string
	}{
		{"on and off", Rule{On: .6, Off: .4}, 1, []float64{.1, .7, .7, .3, .1}, "+1/50 -3/200"},
		{"at the thresholds", Rule{On: .5, Off: .25}, 1, []float64{.5, .25, .24}, "+0/0 -2/150"},
		{"between the thresholds nothing switches", Rule{On: .6, Off: .4}, 1, []float64{.5, .59, .7, .5, .41, .5, .39, .5, .59}, "+2/100 -6/350"},
		{"min on: too short", Rule{On: .6, Off: .4, MinOn: 100}, 1, []float64{.9, .9, .1, .9, .9, .5, .9}, ""},
		{"min on: long enough", Rule{On: .6, Off: .4, MinOn: 100}, 1, []float64{.1, .9, .9, .9, .1}, "+3/150 -4/250"},
		{"hold: a pause does not end it", Rule{On: .6, Off: .4, Hold: 100}, 1, []float64{.9, .1, .1, .9, .1, .1, .1}, "+0/0 -6/250"},
		{"hold: a middling score is no pause", Rule{On: .6, Off: .4, Hold: 100}, 1, []float64{.9, .1, .1, .5, .1, .1, .1}, "+0/0 -6/250"},
		{"cooldown", Rule{On: .6, Off: .4, Cooldown: 150}, 1, []float64{.9, .1, .9, .9, .9, .9}, "+0/0 -1/100 +4/200"},
		{"mean of two", Rule{On: .6, Off: .4}, 2, []float64{.9, .1, .9, .9, .1, .1, .1}, "+0/0 -5/250"},
		{"mean of three", Rule{On: .6, Off: .4}, 3, []float64{0, 0, .9, .9, .9, .9, 0, 0, 0}, "+4/100 -7/350"},
		{"a full-scale rule", Rule{On: 1, Off: 1}, 1, []float64{1, .999}, "+0/0 -1/100"},
	} {
		s := New(config(c.rule, c.average))
		if got := play(s, 0, c.scores...); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// The mean is over the windows there are, up to three.
func TestMean(t *testing.T) {
	s := New(config(Rule{}, 3))
	for i, want := range []float64{.9, .7, .8, .6, .4} {
		play(s, i, []float64{.9, .5, 1, .3, -1}[i]) // −1 counts as 0
		if i == 4 {
			want = (1 + .3 + 0) / 3
		}
		if got := s.Scores()[0]; math.Abs(got-want) > 1e-7 {
			t.Errorf("window %d: mean %g, want %g", i, got, want)
		}
	}
}

// Windows that are no numbers, or no probabilities, harm nobody.
func TestOddScores(t *testing.T) {
	s := New(config(Rule{On: .6, Off: .4}, 1))
	for i, p := range []float32{float32(math.NaN()), float32(math.Inf(-1)), -3} {
		at := int64(i * hop)
		if got := s.Push(at, at+winLen, []float32{p, p}, []float32{p, p}, nil); len(got) != 0 || s.Scores()[0] != 0 {
			t.Errorf("%g: %v, mean %g", p, got, s.Scores()[0])
		}
	}
	at := int64(3 * hop)
	if got := s.Push(at, at+winLen, []float32{float32(math.Inf(1)), 7}, nil, nil); len(got) != 1 || got[0].Score != 1 {
		t.Errorf("%v", got)
	}
}

func TestBackgroundNeverFires(t *testing.T) {
	s := New(config(Rule{On: .01, Off: .01}, 1))
	for i := range 10 {
		at := int64(i * hop)
		if got := s.Push(at, at+winLen, []float32{0, 1}, nil, nil); len(got) != 0 {
			t.Fatalf("%v", got)
		}
	}
}

// OFF comes by time when no window does: a window length and Hold after the last.
func TestTick(t *testing.T) {
	rule := Rule{On: .6, Off: .4, Hold: 30}
	s := New(config(rule, 1))
	play(s, 0, .9) // ends at 100
	for _, now := range []int64{100, 150, 229, 0} {
		if got := s.Tick(now, nil); len(got) != 0 {
			t.Errorf("at %d: %v", now, got)
		}
	}
	got := s.Tick(230, nil)
	if len(got) != 1 || got[0].On || got[0].End != 100 || s.Active(0) {
		t.Errorf("%v", got)
	}
	if got := s.Tick(10000, nil); len(got) != 0 {
		t.Errorf("twice: %v", got)
	}
	// A score that has fallen is the windows' business while they come.
	s = New(config(rule, 1))
	play(s, 0, .9, .1) // falls at 150
	if got := s.Tick(279, nil); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := s.Tick(280, nil); len(got) != 1 {
		t.Errorf("%v", got)
	}
	// Nobody looked for a long time: the next window ends the old event and begins another.
	s = New(config(rule, 1))
	if got := play(s, 0, .9) + " " + play(s, 100, .9); got != "+0/0 -100/100 +100/5000" {
		t.Error(got)
	}
}

func TestReset(t *testing.T) {
	s := New(config(Rule{On: .6, Off: .4, Cooldown: 1000}, 2))
	play(s, 0, .9, .9)
	got := s.Reset(170, nil)
	if len(got) != 1 || got[0].On || got[0].End != 150 || got[0].Score != 0 || got[0].Peak < .89 || s.Scores()[0] != 0 {
		t.Errorf("%+v", got)
	}
	if got := s.Reset(170, nil); len(got) != 0 {
		t.Errorf("twice: %v", got)
	}
	// The cooldown outlives it, the mean does not.
	if got := play(s, 10, .9); got != "" || s.Scores()[0] < .89 {
		t.Errorf("%s, mean %g", got, s.Scores()[0])
	}
	if got := play(s, 25, .9); got != "+25/1250" {
		t.Error(got)
	}
}

// A short gap forgets the mean and what was about to begin, and ends nothing.
func TestForget(t *testing.T) {
	s := New(config(Rule{On: .6, Off: .4, MinOn: 50}, 2))
	play(s, 0, .9)
	s.Forget()
	if got := play(s, 1, .9); got != "" { // would be on without the gap
		t.Error(got)
	}
	if got := play(s, 2, .9); got != "+2/50" {
		t.Error(got)
	}
	s.Forget()
	if !s.Active(0) || s.Scores()[0] != 0 {
		t.Error("Forget ends nothing")
	}
	if got := play(s, 3, .5); got != "" || s.Scores()[0] != .5 {
		t.Errorf("%s %g", got, s.Scores()[0])
	}
	s.Forget()
	if got := s.Tick(349, nil); len(got) != 0 {
		t.Error(got)
	}
	if got := s.Tick(350, nil); len(got) != 1 {
		t.Error("the timer must run on after a gap")
	}
}

// Windows from long ago do not count towards a mean.
func TestStaleWindows(t *testing.T) {
	s := New(config(Rule{}, 2))
	play(s, 0, 1)
	play(s, 3, 0) // ends 150 samples later: still within 2 windows of 100
	if got := s.Scores()[0]; got != .5 {
		t.Errorf("mean %g, want .5", got)
	}
	play(s, 7, 0) // 200 samples later: forgotten
	play(s, 8, 1)
	if got := s.Scores()[0]; got != .5 {
		t.Errorf("mean %g, want .5", got)
	}
	play(s, 12, 1)
	if got := s.Scores()[0]; got != 1 {
		t.Errorf("mean %g, want 1", got)
	}
}

func TestGroups(t *testing.T) {
	rule := Rule{On: .6, Off: .4}
	s := New(Config{
		Labels: []string{"siren", "alarm", "dog"}, Average: 1, Rules: make([]Rule, 3), WindowSamples: winLen,
		Groups: []Group{{ID: "danger", Members: []int{0, 1}, Rule: rule}, {ID: "all", Members: []int{0, 1, 2}, Rule: rule}},
	})
	var got []Event
	for i, p := range [][]float32{{.7, 0, 0}, {0, .9, 0}, {0, 0, .8}, {0, 0, 0}} {
		at := int64(i * hop)
		got = s.Push(at, at+winLen, p, nil, got)
	}
	want := []Event{
		{Label: 3, On: true, Score: .7, Peak: .7, Onset: 0, PeakAt: 50},
		{Label: 4, On: true, Score: .7, Peak: .7, Onset: 0, PeakAt: 50},
		{Label: 3, Score: 0, Peak: .9, Onset: 0, End: 150, PeakAt: 100},
		{Label: 4, Score: 0, Peak: .9, Onset: 0, End: 200, PeakAt: 100},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		got[i].Score, got[i].Peak = float64(float32(got[i].Score)), float64(float32(got[i].Peak))
		want[i].Score, want[i].Peak = float64(float32(want[i].Score)), float64(float32(want[i].Peak))
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if len(s.Scores()) != 5 {
		t.Error("groups have scores too")
	}
}

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		at, end    int64
		attention  []float32
		look, peak int64
	}{
		{0, 100, nil, 0, 50},
		{0, 100, []float32{0, 0}, 0, 50},
		{0, 100, []float32{.2, .3, .4, .1}, 50, 62},
		{1000, 1700, []float32{0, 0, 0, 0, 0, 0, 1}, 1600, 1650},
		{7, 73, []float32{1, 0, 0, 0, 0, 0, 0}, 7, 11},
		{0, math.MaxInt64 / 8, []float32{0, 0, 1}, math.MaxInt64 / 8 * 2 / 3, math.MaxInt64 / 8 * 5 / 6},
	} {
		w := locate(c.at, c.end, c.attention)
		if d := max(w.look-c.look, c.look-w.look, w.peak-c.peak, c.peak-w.peak); d > 2 {
			t.Errorf("[%d, %d) %v: look %d, peak %d; want %d, %d", c.at, c.end, c.attention, w.look, w.peak, c.look, c.peak)
		}
	}
}

func TestValidate(t *testing.T) {
	good := config(Rule{On: .6, Off: .4}, 3)
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no labels", func(c *Config) { c.Labels = nil; c.Rules = nil; c.Background = "" }, "no labels"},
		{"average 0", func(c *Config) { c.Average = 0 }, "mean over 0 windows: want 1 to 1024"},
		{"window 0", func(c *Config) { c.WindowSamples = 0 }, "window of 0 samples"},
		{"rules missing", func(c *Config) { c.Rules = c.Rules[:1] }, "1 rules for 2 labels"},
		{"crossed", func(c *Config) { c.Rules[0].Off = .7 }, `label "dog": thresholds on 0.6, off 0.7: want 0 < off ≤ on ≤ 1`},
		{"NaN", func(c *Config) { c.Rules[0].On = math.NaN() }, `label "dog": thresholds on NaN`},
		{"negative", func(c *Config) { c.Rules[0].Hold = -1 }, `label "dog": hold of -1 samples`},
		{"unknown background", func(c *Config) { c.Background = "silence" }, `background label "silence" is not among the labels`},
		{"empty group", func(c *Config) { c.Groups = []Group{{ID: "g", Rule: c.Rules[0]}} }, `group "g" has no members`},
		{"odd member", func(c *Config) { c.Groups = []Group{{ID: "g", Members: []int{2}}} }, `group "g": member 2: want 0 to 1`},
		{"background as member", func(c *Config) { c.Groups = []Group{{ID: "g", Members: []int{0, 1}}} }, `group "g": the background label "background" cannot be a member`},
		{"group's rule", func(c *Config) { c.Groups = []Group{{ID: "g", Members: []int{0}, Rule: Rule{On: 2, Off: 1}}} }, `group "g": thresholds on 2`},
	} {
		bad := config(Rule{On: .6, Off: .4}, 3)
		c.change(&bad)
		err := bad.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
			continue
		}
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "smooth: ") {
					t.Errorf("%s: New must panic, got %q", c.name, p)
				}
			}()
			New(bad)
		}()
	}
}

func TestPushPanicsOnCallerBugs(t *testing.T) {
	for name, push := range map[string]func(*Smoother){
		"scores": func(s *Smoother) { s.Push(0, winLen, []float32{1}, nil, nil) },
		"window": func(s *Smoother) { s.Push(5, 5, []float32{1, 0}, nil, nil) },
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "smooth: ") {
					t.Errorf("%s: %q", name, p)
				}
			}()
			push(New(config(Rule{On: .6, Off: .4}, 1)))
		}()
	}
}

func TestAllocatesNothing(t *testing.T) {
	s := New(config(Rule{On: .6, Off: .4}, 4))
	dst, scores, attention := make([]Event, 0, 4), make([]float32, 2), []float32{.1, .2, .7}
	i := int64(0)
	n := testing.AllocsPerRun(1000, func() {
		scores[0] = float32(i/7%2) * .9
		dst = s.Push(i*hop, i*hop+winLen, scores, attention, dst[:0])
		dst = s.Tick(i*hop+winLen, dst[:0])
		if i%100 == 0 {
			dst = s.Reset(i*hop+winLen, dst[:0])
		}
		i++
	})
	if n != 0 {
		t.Errorf("%g allocations a window", n)
	}
}

func BenchmarkPush(b *testing.B) {
	labels := make([]string, 51)
	rules := make([]Rule, 51)
	for i := range labels {
		labels[i], rules[i] = fmt.Sprint("label", i), Rule{On: .5, Off: .3}
	}
	s := New(Config{Labels: labels, Average: 5, Rules: rules, WindowSamples: 66048})
	scores, attention, dst := make([]float32, 51), make([]float32, 7), make([]Event, 0, 51)
	b.ReportAllocs()
	at := int64(0)
	for b.Loop() {
		scores[at%51] = float32(at%10) / 10
		dst = s.Push(at, at+66048, scores, attention, dst[:0])
		at += 32768
	}
}
