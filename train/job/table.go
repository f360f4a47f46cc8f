package job

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"earshot/internal/atomicfile"
	"earshot/train/acrnn"
	"earshot/train/metrics"
)

// The tables of Zhang et al. 2020 that a training makes anew. Of the other networks that its first two compare with, Piczak's is built
// here, in package piczak.
const (
	TableAccuracy     = 1 // how much is named right
	TableCost         = 2 // parameters and multiplications; trains nothing
	TableAttention    = 3 // where attention stands, and how it is made to sum up
	TableAugmentation = 4 // attention and augmentation, with and without each
)

// row is a line of a table: a training, and what it changes.
type row struct {
	name   string
	change func(*Options)
	tested tester // nil: Options.tested
}

// rows are those of a table that trains.
func rows(table int) []row {
	attention := func(name string) func(*Options) {
		return func(o *Options) { o.Attention, _ = acrnn.ParseAttention(name) }
	}
	plain := func(o *Options) { _ = o.Recipe.Augment.Without("all") }
	both := func(f, g func(*Options)) func(*Options) { return func(o *Options) { f(o); g(o) } }
	switch table {
	case TableAccuracy:
		return []row{{name: "piczak", change: func(*Options) {}, tested: Options.piczakTested}, {name: "acrnn", change: attention("l10")}}
	case TableAttention:
		var out []row
		for _, name := range []string{"none", "l2-softmax", "l2-sigmoid", "l4-softmax", "l4-sigmoid", "l6-softmax", "l6-sigmoid", "l8-softmax", "l8-sigmoid", "l10"} {
			out = append(out, row{name: name, change: attention(name)})
		}
		return out
	case TableAugmentation:
		return []row{{name: "neither", change: both(attention("none"), plain)}, {name: "attention", change: both(attention("l10"), plain)},
			{name: "augmentation", change: attention("none")}, {name: "both", change: attention("l10")}}
	}
	return nil
}

// Table makes a table of the paper by training its rows one after the other: on the test folds where some are named, else by
// cross-validation. It stands beside Out as Markdown, as in esc50-table3.md, and grows row by row. With Resume what is finished
// already is not trained again.
func Table(ctx context.Context, table int, o Options, ui UI) error {
	path := strings.TrimSuffix(o.Out, filepath.Ext(o.Out)) + fmt.Sprintf("-table%d.md", table)
	if table == TableCost {
		return o.costs(path, ui)
	}
	todo := rows(table)
	if todo == nil {
		return fmt.Errorf("table %d: want 1 to 4", table)
	}
	text := fmt.Sprintf("Clips named right, %s: `--table %d`, recipe %s, %d epochs", o.tableData(), table, o.Recipe.Name, o.Recipe.Epochs)
	if table == TableAccuracy {
		text += "; piczak as many by its article's recipe"
	}
	text += "\n\n| network | clips right | spread | each |\n|---|---|---|---|\n"
	for i, r := range todo {
		ui.Print("table %d, row %d of %d: %s", table, i+1, len(todo), r.name)
		one := o.named(fmt.Sprintf("table%d-%s", table, r.name))
		r.change(&one)
		accuracy, err := one.row(ctx, ui, r.tested)
		if err != nil {
			return err
		}
		mean, spread := metrics.MeanSpread(accuracy)
		text += fmt.Sprintf("| %s | %.1f %% | %.1f | %.1f |\n", r.name, mean, spread, accuracy)
		if err := writeText(path, text); err != nil {
			return err
		}
	}
	ui.Print("%s\n%s", path, text)
	return nil
}

// tableData is how a table calls its data: of all that was named it may take the ESC-10 clips alone.
func (o Options) tableData() string {
	if o.Source.Set.ESC10 {
		return o.dataName() + ", its ESC-10 clips alone"
	}
	return o.dataName()
}

// row trains one row.
func (o Options) row(ctx context.Context, ui UI, tested tester) ([]float64, error) {
	if tested == nil {
		tested = Options.tested
	}
	if len(o.Source.Test) == 0 {
		return o.crossValidate(ctx, ui, tested)
	}
	o, err := o.Resolved()
	if err != nil {
		return nil, err
	}
	right, err := tested(o, ctx, ui)
	return []float64{right}, err
}

func writeText(path, text string) error {
	return atomicfile.Write(path, 0o644, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
}
