package job

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/train/dataset"
)

// A table is made row by row, and a second run with Resume believes what is there and trains only what is not.
func TestTable(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Recipe.Epochs = 1
	o.Metrics = filepath.Join(filepath.Dir(o.Out), "m.jsonl")
	var text bytes.Buffer
	if err := Table(context.Background(), TableAugmentation, o, Quiet(&text)); err != nil {
		t.Fatal(err, text.String())
	}
	dir := filepath.Dir(o.Out)
	read := func() string {
		b, err := os.ReadFile(filepath.Join(dir, "m-table4.md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := read()
	for _, row := range []string{"neither", "attention", "augmentation", "both"} {
		b, err := os.ReadFile(filepath.Join(dir, "m-table4-"+row+".jsonl"))
		if err != nil || bytes.Count(b, []byte("\n")) != 1 {
			t.Errorf("row %s has the metrics %q, %v; want one epoch's", row, b, err)
		}
	}
	if pipe := (Options{Out: o.Out, Metrics: os.DevNull}).named("x"); pipe.Metrics != os.DevNull {
		t.Errorf("metrics to a device go to %s", pipe.Metrics)
	}
	for _, want := range []string{"| neither |", "| attention |", "| augmentation |", "| both |"} {
		if !strings.Contains(first, want) {
			t.Errorf("no row %q in\n%s", want, first)
		}
	}
	if err := os.Remove(filepath.Join(dir, "m-table4-both.onnx")); err != nil {
		t.Fatal(err)
	}
	o.Resume = true
	text.Reset()
	if err := Table(context.Background(), TableAugmentation, o, Quiet(&text)); err != nil {
		t.Fatal(err, text.String())
	}
	if n := strings.Count(text.String(), "is there"); n != 3 || read() != first {
		t.Errorf("%d rows were believed, want 3, and the table to be what it was:\n%s\n%s", n, first, read())
	}
	o.Recipe.Epochs++ // another training
	one := o.named("table4-both")
	if one, err := one.Resolved(); err != nil {
		t.Fatal(err)
	} else if _, ok := one.before(); ok {
		t.Error("a model that another training made is believed")
	}
	if err := Table(context.Background(), TableCost, o, Quiet(&text)); err != nil || !strings.Contains(text.String(), "| l1 | ") || !strings.Contains(text.String(), "| dense2 | 500 | 250500 | 250000 |") {
		t.Errorf("%v; no layers in\n%s", err, text.String())
	}
}

// The title of a table says when it is about the ESC-10 clips alone.
func TestTableNamesItsData(t *testing.T) {
	o := Options{}
	o.Source.Set = dataset.Options{Dirs: []string{"/data/esc50/"}}
	if got := o.tableData(); got != "esc50" {
		t.Errorf("all clips are called %q", got)
	}
	o.Source.Set.ESC10 = true
	if got := o.tableData(); got != "esc50, its ESC-10 clips alone" {
		t.Errorf("the ESC-10 clips are called %q", got)
	}
}
