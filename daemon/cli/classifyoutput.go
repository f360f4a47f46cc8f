package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"earshot/daemon/classify"
	"earshot/daemon/opinion"
	"earshot/infer"
	"earshot/internal/audio"
)

// classifyOutput prints results as they come.
type classifyOutput struct {
	out, errs  io.Writer
	model      *infer.Model
	background int
	o          classifyOptions
	width      int // of the column of file names
	all        int // files asked for
	done       int
	failed     int
	code       int // exit code of the first failure
	printed    bool
	bar        *progressbar.ProgressBar // nil without one
	err        error                    // of writing
}

// Many files are those that are worth a progress bar.
const manyFiles = 8

func newClassifyOutput(out, errs io.Writer, m *infer.Model, paths []string, o classifyOptions) *classifyOutput {
	c := &classifyOutput{out: out, errs: errs, model: m, background: m.Index(m.Background), o: o, all: len(paths)}
	for _, p := range paths {
		c.width = min(max(c.width, utf8.RuneCountInString(p), len("FILE")), 60)
	}
	if f, ok := errs.(*os.File); ok && len(paths) >= manyFiles && isatty.IsTerminal(f.Fd()) {
		c.bar = progressbar.NewOptions(len(paths), progressbar.OptionSetWriter(errs), progressbar.OptionSetDescription("classify"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
	}
	return c
}

// clip prints one file's result.
func (c *classifyOutput) clip(r classifyResult) {
	c.done++
	if c.bar != nil {
		_ = c.bar.Clear()
	}
	if r.err != nil {
		c.fault(r)
	}
	switch {
	case c.o.json:
		c.json(r)
	case r.err == nil:
		c.table(r.clip)
	}
	if c.bar != nil {
		_ = c.bar.Add(1)
	}
}

func (c *classifyOutput) fault(r classifyResult) {
	c.failed++
	if c.failed == 1 {
		c.code = exitFailure
		var a *audio.Error
		if errors.As(r.err, &a) {
			c.code = exitAudio
		}
	}
	fmt.Fprintf(c.errs, "earshot: %v\n", r.err)
}

// finish ends the bar and says how it went.
func (c *classifyOutput) finish(ctx context.Context) error {
	if c.bar != nil {
		_ = c.bar.Finish()
	}
	switch {
	case c.err != nil:
		return fmt.Errorf("write results: %w", c.err)
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted after %d of %d files", c.done, c.all)
	case c.failed > 0 && c.all == 1:
		return fail(c.code, errSilent)
	case c.failed > 0:
		return fail(c.code, fmt.Errorf("%d of %d files could not be classified", c.failed, c.all))
	}
	return nil
}

func (c *classifyOutput) printf(format string, a ...any) {
	if _, err := fmt.Fprintf(c.out, format, a...); err != nil && c.err == nil {
		c.err = err
	}
}

// table prints a row for the clip and, when asked, one for each window.
func (c *classifyOutput) table(clip *classify.Clip) {
	if !c.printed {
		c.printed = true
		c.printf("%-*s  %8s  %-20s  %5s  %s\n", c.width, "FILE", "LENGTH", "SOUND", "SCORE", "THEN")
	}
	notes := ""
	if clip.Silent {
		notes += "  (digital silence)"
	}
	if clip.Padded {
		notes += "  (shorter than a window)"
	}
	seconds := float64(clip.Samples) / float64(clip.Rate)
	c.printf("%-*s  %6.2f s  %s%s\n", c.width, clip.Path, seconds, c.row(clip.Mean), notes)
	for _, note := range clip.Notes {
		c.printf("  note: %s\n", note)
	}
	if !c.o.windows {
		return
	}
	for _, w := range clip.Windows {
		from, to := float64(w.At)/float64(clip.Rate), float64(w.End)/float64(clip.Rate)
		text := "(digital silence)"
		if w.Scores != nil {
			text = c.row(float64s(w.Scores))
		}
		c.printf("%*s  %s\n", c.width+10, fmt.Sprintf("%.2f–%.2f s", from, to), text)
	}
}

// row is "Dog  0.974  Cat 0.010, …".
func (c *classifyOutput) row(scores []float64) string {
	top := c.top(scores, nil)
	rest := make([]string, 0, len(top))
	for _, s := range top[1:] {
		rest = append(rest, fmt.Sprintf("%s %.3f", s.Name, s.Score))
	}
	return strings.TrimRight(fmt.Sprintf("%-20s  %5.3f  %s", top[0].Name, top[0].Score, strings.Join(rest, ", ")), " ")
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// labelScore is one label in the output.
type labelScore struct {
	Label string  `json:"label"`
	Name  string  `json:"name"`
	Score float64 `json:"score"`

	// What each network said; absent without a second one, and where it was not asked.
	First  *float64 `json:"first,omitempty"`
	Second *float64 `json:"second,omitempty"`
}

// top ranks scores and keeps as many as asked for, at least one.
// views (K) may be nil.
func (c *classifyOutput) top(scores []float64, views []opinion.Views) []labelScore {
	order := classify.Rank(scores, c.background)
	if c.o.top > 0 && len(order) > c.o.top {
		order = order[:c.o.top]
	}
	out := make([]labelScore, len(order))
	for i, k := range order {
		id := c.model.Labels[k]
		out[i] = labelScore{Label: id, Name: c.model.Names[id], Score: scores[k]}
		if views != nil {
			out[i].First = &views[k].First
		}
		if views != nil && views[k].Asked {
			out[i].Second = &views[k].Second
		}
	}
	return out
}

type clipJSON struct {
	File    string       `json:"file"`
	Error   string       `json:"error,omitempty"`
	Seconds float64      `json:"seconds,omitempty"`
	Label   string       `json:"label,omitempty"`
	Name    string       `json:"name,omitempty"`
	Score   float64      `json:"score,omitempty"`
	Top     []labelScore `json:"top,omitempty"`
	Used    int          `json:"windows_used,omitempty"`
	Silent  bool         `json:"silent,omitempty"`
	Padded  bool         `json:"padded,omitempty"`
	Notes   []string     `json:"notes,omitempty"`
	Windows []windowJSON `json:"windows,omitempty"`
}

type windowJSON struct {
	From   float64      `json:"from"`
	To     float64      `json:"to"`
	Silent bool         `json:"silent,omitempty"`
	Peak   *float64     `json:"peak,omitempty"`
	Top    []labelScore `json:"top,omitempty"`
}

// milliseconds rounds seconds to what anybody can use.
func milliseconds(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

func (c *classifyOutput) json(r classifyResult) {
	line := clipJSON{File: r.path}
	if r.err != nil {
		line.Error = r.err.Error()
	} else {
		clip := r.clip
		rate := float64(clip.Rate)
		line.Seconds, line.Used, line.Silent, line.Padded = milliseconds(float64(clip.Samples)/rate), clip.Voted, clip.Silent, clip.Padded
		line.Top, line.Notes = c.top(clip.Mean, clip.Views), clip.Notes
		line.Label, line.Name, line.Score = line.Top[0].Label, line.Top[0].Name, line.Top[0].Score
		for _, w := range clip.Windows {
			if !c.o.windows {
				break
			}
			j := windowJSON{From: milliseconds(float64(w.At) / rate), To: milliseconds(float64(w.End) / rate), Silent: w.Silent}
			if w.Scores != nil {
				peak := milliseconds(float64(w.Peak) / rate)
				j.Peak, j.Top = &peak, c.top(float64s(w.Scores), w.Views)
			}
			line.Windows = append(line.Windows, j)
		}
	}
	text, err := json.Marshal(line)
	if err != nil { // no score is NaN: the session sees to that
		c.err = errors.Join(c.err, err)
		return
	}
	c.printf("%s\n", text)
}
