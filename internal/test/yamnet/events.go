package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"earshot/internal/test/rig"
	"earshot/train/dataset"
)

// heldOut is the fold on which recall is measured; thresholds are found on the folds before it.
const heldOut = 4

// tally is what somebody told of all the sound, by label.
type tally struct {
	who         string
	heard       map[string]int // clips of the label; nil: not measured
	elsewhere   map[string]int // events in clips of what is not watched
	falseEvents []map[string]int
}

// sound is all the sound, and how much it is.
type sound struct {
	clips  map[string]int // of each watched label in the fold held out
	others int            // clips of what is not watched there
	files  []int          // of each kind of stream, its recordings
	hours  []float64      // and their length
}

// events measures recall and false events of both.
func (r *scene) events() error {
	if r.esc == "" {
		rig.Say("no clips (-esc FOLDER): left out")
		return nil
	}
	set, err := dataset.Load(dataset.Options{Dirs: []string{r.esc}})
	if err != nil {
		return err
	}
	var all sound
	var e tally
	heard := make(chan error, 1)
	go func() { // beside YAMNet: each wants one core for minutes
		var err error
		all, e, err = r.earshotsTally(set)
		heard <- err
	}()
	y, err := r.listen(set)
	if err := errors.Join(err, <-heard); err != nil {
		return err
	}
	if !slices.Equal(all.files, y.files()) {
		return fmt.Errorf("earshot heard %d recordings of the kinds of sound, YAMNet %d: want the same", all.files, y.files())
	}
	labels := slices.Sorted(maps.Keys(mapped))
	table(r, all, e, y, labels, "the fourteen watched labels")
	table(r, all, e, y, slices.DeleteFunc(labels, func(l string) bool { return slices.Contains(useless, l) }),
		"the twelve of them for which AudioSet has a sound (without "+strings.Join(useless, " and ")+")")
	return nil
}

// table prints both over some of the labels: YAMNet at the recall that earshot has of them, and at less.
func table(r *scene, all sound, e tally, y yamnet, labels []string, title string) {
	fmt.Printf("\nFalse events of %s:\n\n| who | heard of fold %d's clips of these labels | false events, 100 of fold %d's other clips |", title, heldOut, heldOut)
	for i, s := range r.streams {
		fmt.Printf(" an hour of %s (%.2f h) |", s.name, all.hours[i])
	}
	fmt.Print(" most often |\n|---|---|---|", strings.Repeat("---|", len(r.streams)), "---|\n")
	recall := 0.87
	rows := []tally{e}
	if e.heard != nil {
		recall = share(e.heard, all.clips, labels)
	}
	for _, want := range []float64{recall, 0.79} {
		for _, rule := range y.rules() {
			rows = append(rows, y.at(want, rule, all, labels))
		}
	}
	for _, t := range append(rows, y.tell("YAMNet, 0.50 for every label", func(string) float64 { return 0.5 })) {
		t.print(all, labels)
	}
}

func (t tally) print(all sound, labels []string) {
	fmt.Printf("| %s |", t.who)
	if t.heard == nil {
		fmt.Print(" – | – |")
	} else {
		fmt.Printf(" %.1f %% (%d of %d) | %.1f |", 100*share(t.heard, all.clips, labels), sum(t.heard, labels), sum(all.clips, labels),
			100*float64(sum(t.elsewhere, labels))/float64(all.others))
	}
	total := map[string]int{}
	for i, f := range t.falseEvents {
		fmt.Printf(" %.2f (%d) |", float64(sum(f, labels))/all.hours[i], sum(f, labels))
		for label, n := range f {
			total[label] += n
		}
	}
	worst := slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return total[l] == 0 })
	slices.SortStableFunc(worst, func(a, b string) int { return total[b] - total[a] })
	for i, l := range worst {
		worst[i] = fmt.Sprintf("%s %d", l, total[l])
	}
	fmt.Printf(" %s |\n", strings.Join(worst[:min(4, len(worst))], ", "))
}

// sum adds up some labels' counts.
func sum(counts map[string]int, labels []string) (n int) {
	for _, l := range labels {
		n += counts[l]
	}
	return n
}

func share(part, whole map[string]int, labels []string) float64 {
	return float64(sum(part, labels)) / float64(max(1, sum(whole, labels)))
}

// earshotsTally is what the program tells of the same sound.
func (r *scene) earshotsTally(set *dataset.Set) (all sound, t tally, err error) {
	all = sound{clips: map[string]int{}}
	t.who = "earshot as it ships"
	if r.twin != "" {
		t.who += fmt.Sprintf(", its twin on fold %d", heldOut)
		t.heard, t.elsewhere = map[string]int{}, map[string]int{}
	}
	table := []string{"filename\tonset\toffset\tevent_label"}
	for _, folder := range []string{"watched", "others"} {
		if err := os.Mkdir(filepath.Join(r.dir, folder), 0o755); err != nil {
			return all, t, err
		}
	}
	for _, c := range set.Folds(heldOut) {
		label, folder := set.Labels[c.Label], "others"
		if mapped[label] != nil {
			folder = "watched"
			all.clips[label]++
			table = append(table, fmt.Sprintf("%s\t0\t5\t%s", c.Name, label))
		} else {
			all.others++
		}
		path, err := filepath.Abs(c.Path)
		if err != nil {
			return all, t, err
		}
		if err := os.Symlink(path, filepath.Join(r.dir, folder, filepath.Base(path))); err != nil {
			return all, t, err
		}
	}
	if r.twin != "" {
		labels := filepath.Join(r.dir, "clips.tsv")
		if err := os.WriteFile(labels, []byte(strings.Join(table, "\n")+"\n"), 0o600); err != nil {
			return all, t, err
		}
		settings, err := r.shipped()
		if err != nil {
			return all, t, err
		}
		rig.Say("the twin hears fold %d's clips", heldOut)
		e, err := r.evaluate("--config", settings, "--model", r.twin, "--stream", filepath.Join(r.dir, "watched"), "--labels", labels, "--none", filepath.Join(r.dir, "others"))
		if err != nil {
			return all, t, err
		}
		for i, c := range e.Streams[0].Labels {
			t.heard[c.Label], t.elsewhere[c.Label] = c.Heard, e.Streams[1].Labels[i].False
		}
	}
	for _, s := range r.streams {
		rig.Say("the program hears %s", s.name)
		var args []string
		for _, folder := range s.folders {
			args = append(args, "--none", folder)
		}
		e, err := r.evaluate(args...)
		if err != nil {
			return all, t, err
		}
		hours, n, f := 0.0, 0, map[string]int{}
		for _, one := range e.Streams {
			hours, n = hours+one.Hours, n+one.Files
			for _, c := range one.Labels {
				f[c.Label] += c.False
			}
		}
		all.files, all.hours, t.falseEvents = append(all.files, n), append(all.hours, hours), append(t.falseEvents, f)
	}
	return all, t, nil
}

var cardThresholds = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| [0-9.]+ \\| ([0-9.]+) \\| ([0-9.]+) \\|")

// shipped writes a configuration with the thresholds of the model that ships, for the twin, whose own were found on other sound.
func (r *scene) shipped() (path string, err error) {
	card, err := rig.Earshot(context.Background(), r.program, "model", "built-in-full")
	if err != nil {
		return "", err
	}
	text, found := "watch:\n  labels:\n", 0
	for _, m := range cardThresholds.FindAllSubmatch(card, -1) {
		if mapped[string(m[1])] != nil {
			text += fmt.Sprintf("    - {label: %s, on: %s, off: %s}\n", m[1], m[2], m[3])
			found++
		}
	}
	if found != len(mapped) {
		return "", fmt.Errorf("the card of the model that ships tells %d thresholds of watched labels; want %d", found, len(mapped))
	}
	path = filepath.Join(r.dir, "shipped.yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// evaluation is what "earshot eval --json" says of streams, as far as it is used.
type evaluation struct {
	Watched []string
	Streams []struct {
		Files  int
		Hours  float64
		Labels []struct {
			Label string
			Heard int
			False int `json:"false_events"`
		}
	}
}

func (r *scene) evaluate(args ...string) (e evaluation, err error) {
	text, err := rig.Earshot(context.Background(), r.program, append([]string{"eval", "--json", "--threads", "1"}, args...)...)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, err
	}
	slices.Sort(e.Watched)
	if labels := slices.Sorted(maps.Keys(mapped)); !slices.Equal(e.Watched, labels) {
		return e, fmt.Errorf("earshot watches %q; want what YAMNet's sounds are mapped to, %q", e.Watched, labels)
	}
	return e, nil
}
