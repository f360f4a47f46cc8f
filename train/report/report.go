// Package report writes what a training found as one HTML file that needs
// nothing else: styles, charts (SVG) and spectrograms (PNG) are inside it.
//
// The charts are drawn here instead of by gonum/plot, because they take the
// page's fonts and its light or dark colours, and show values under the mouse.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"earshot/internal/atomicfile"
	"earshot/train/acrnn"
	"earshot/train/dataset"
	"earshot/train/metrics"
)

// Fact is one line of a table of names and values.
type Fact struct{ Name, Value string }

// Tile is one of the figures at the top.
type Tile struct{ Name, Value, Note string }

// Table is any further table: folds of a cross-validation, an ablation.
// Cells that look like numbers are set right.
type Table struct {
	Title, Note string
	Columns     []string
	Rows        [][]string
}

// Report is all that can be shown; a section without data is left out.
type Report struct {
	Title, Subtitle string
	Tiles           []Tile // what to know at a glance

	Runs []Run // learning curves

	Result *metrics.Result
	Names  map[string]string // label id → display name; nil shows ids

	SNR   []metrics.SNRPoint
	Clean float64 // clip accuracy without noise, drawn beside the SNR curves; 0 leaves it out

	Panels []Panel // attention over spectrograms, one a class
	Steps  string  // what the attention weighs, under the panels' heading; may be empty

	Cost *acrnn.Complexity

	Tables     []Table
	Charts     []Chart // further drawings, such as [DET]'s
	ChartsNote string  // what they show; may be empty
	Provenance []Fact
	Licences   map[string]int
	Credits    []dataset.Credit
	Broken     []dataset.Broken
	Warnings   []string
}

// Write renders r to a file at path, whole or not at all.
func Write(path string, r Report) error {
	return atomicfile.Write(path, 0o644, func(w io.Writer) error { return Render(w, r) })
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"percent": percent,
	"million": million,
	"numeric": numeric,
}).Parse(pageText))

// Render writes r as HTML. It fails on data that contradicts itself (a panel
// whose spectrogram is not frames × 128), and never half-way through: nothing
// is written then.
func Render(w io.Writer, r Report) error {
	v := view{Report: r}
	var err error
	if v.PanelHTML, err = panels(r.Panels, r.name); err != nil {
		return fmt.Errorf("report %q: %w", r.Title, err)
	}
	v.Curves = curves(r.Runs)
	if len(r.SNR) > 0 {
		v.SNRChart = snrChart(r.SNR, r.Clean)
	}
	if r.Result != nil {
		v.Confusion = confusion(r.Result, r.name)
		v.Reliability = reliability(r.Result.Bins)
		v.Pairs = pairs(r.Result, r.name)
		v.Classes = classes(r.Result, r.name)
	}
	v.LicenceRows = licenceRows(r.Licences)
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return fmt.Errorf("report %q: %w", r.Title, err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// view is what the page's template sees.
type view struct {
	Report
	Curves                           []Chart
	SNRChart, Confusion, Reliability template.HTML
	PanelHTML                        []PanelView
	Pairs                            []Pair
	Classes                          []ClassRow
	LicenceRows                      []Fact
}

// PaperNote is about the cost table.
func (view) PaperNote() string { return acrnn.PaperNote }

// name is the display name of a label.
func (r Report) name(id string) string {
	if n := r.Names[id]; n != "" {
		return n
	}
	return id
}

func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func million(n any) string {
	var v float64
	switch n := n.(type) {
	case int:
		v = float64(n)
	case int64:
		v = float64(n)
	}
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.2f M", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.1f k", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

// numeric reports whether a cell is set right: it begins like a number.
func numeric(s string) bool {
	return s == "" || s == "–" || strings.ContainsRune("0123456789−-+<>≥≤±", []rune(s)[0])
}
