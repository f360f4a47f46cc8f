package learn

import (
	"fmt"
	"io"
	"text/tabwriter"

	"earshot/train/metrics/stream"
	"earshot/train/report"
)

// printStreams prints the tables of eval --stream.
func printStreams(w io.Writer, e streamEvaluation) {
	fmt.Fprintf(w, "%s, events as the daemon tells them, a window every %d frames; %.2f h of sound\n\n", e.Model, e.HopFrames, e.Hours)
	if e.Gated > 0 {
		fmt.Fprintf(w, "%d of %d windows (%.0f %%) held nothing new and were not computed\n\n", e.Gated, e.Windows, 100*float64(e.Gated)/float64(e.Windows))
	}
	table(w, kindTable(e))
	fmt.Fprintln(w)
	table(w, labelTable(e))
	if e.PSDS1 != nil {
		fmt.Fprintf(w, "\nPSDS %.3f (exact times), %.3f (right label)\n", *e.PSDS1, *e.PSDS2)
	}
}

func table(w io.Writer, t report.Table) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells []string) {
		// The first column stands left: it is widened here, for tabwriter knows one side only.
		fmt.Fprintf(tw, "%-34s", cells[0])
		for _, c := range cells[1:] {
			fmt.Fprintf(tw, "\t%s", c)
		}
		fmt.Fprint(tw, "\t\n")
	}
	row(t.Columns)
	for _, r := range t.Rows {
		row(r)
	}
	tw.Flush()
}

func kindTable(e streamEvaluation) report.Table {
	t := report.Table{Title: "Streams", Note: "All watched labels together. False events met no sound of their label; “at most” is the upper end of the 95 % interval (no event in N hours: 3/N).",
		Columns: []string{"stream", "files", "hours", "sounds", "heard", "events", "false", "an hour", "at most", "min on"}}
	for _, k := range e.Kinds {
		t.Rows = append(t.Rows, []string{k.Name, fmt.Sprint(k.Files), fmt.Sprintf("%.2f", k.Hours), fmt.Sprint(k.All.References), heard(k.All), fmt.Sprint(k.All.Events),
			fmt.Sprint(k.All.False), rate(k.All.FalseHour), rate(k.All.FalseMost), fmt.Sprintf("%.1f", k.All.MinutesOn)})
	}
	return t
}

func labelTable(e streamEvaluation) report.Table {
	t := report.Table{Title: "Labels", Note: "Over all streams. F1 counts an event as right whose onset lies within 0.2 s or 1 s of a sound's; delays are from the onset to the switch.",
		Columns: []string{"label", "sounds", "heard", "events", "F1 0.2 s", "F1 1 s", "delay p50", "p95", "false", "an hour", "at most", "min on"}}
	for _, c := range append(e.Labels[:len(e.Labels):len(e.Labels)], e.All) {
		t.Rows = append(t.Rows, []string{c.Label, fmt.Sprint(c.References), heard(c), fmt.Sprint(c.Events), share(c.Matches[0].F1, c), share(c.Matches[1].F1, c),
			delay(c.DelayP50), delay(c.DelayP95), fmt.Sprint(c.False), rate(c.FalseHour), rate(c.FalseMost), fmt.Sprintf("%.1f", c.MinutesOn)})
	}
	return t
}

func heard(c stream.Counts) string { return share(c.Recall, c) }

// share is a percentage of a label's sounds, – where there are none.
func share(v float64, c stream.Counts) string {
	if c.References == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

func rate(v float64) string { return fmt.Sprintf("%.3g", v) }

func delay(v float64) string {
	if v < 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f s", v)
}

// maxCurves are drawn in one chart, and have colours of their own.
const maxCurves = 6

// writeStreamReport writes the tables and curves as HTML.
func writeStreamReport(path string, e streamEvaluation, names map[string]string) error {
	name := func(id string) string {
		if n := names[id]; n != "" {
			return n
		}
		return id
	}
	r := report.Report{Title: "Streams heard by " + e.Model, Subtitle: fmt.Sprintf("%.2f h of sound, a window every %d frames", e.Hours, e.HopFrames),
		Tiles: []report.Tile{
			{Name: "Heard", Value: heard(e.All), Note: fmt.Sprintf("of %d sounds", e.All.References)},
			{Name: "False events an hour", Value: rate(e.All.FalseHour), Note: fmt.Sprintf("at most %s (95 %%)", rate(e.All.FalseMost))},
			{Name: "Delay", Value: delay(e.All.DelayP50), Note: "median; 95 %: " + delay(e.All.DelayP95)}},
		Names: names, Tables: []report.Table{kindTable(e), labelTable(e)},
		ChartsNote: "Each point is a threshold, common to all windows of a label: false events an hour over all streams against the share of the label’s sounds that no event met.",
		Provenance: []report.Fact{{Name: "Model", Value: e.Model}, {Name: "SHA-256", Value: e.SHA256}}}
	if e.PSDS1 != nil {
		r.Tiles = append(r.Tiles, report.Tile{Name: "PSDS", Value: fmt.Sprintf("%.3f", *e.PSDS1), Note: fmt.Sprintf("right label, times apart: %.3f", *e.PSDS2)})
	}
	least := 1 / max(e.Hours, 1e-3) / 2
	all := len(e.Curves) - 1
	r.Charts = []report.Chart{report.DET("All watched labels together", e.Curves[all:], least, name)}
	var some []stream.DET
	for i, c := range e.Curves[:all] {
		if e.Labels[i].References > 0 || e.Labels[i].Events > 0 {
			some = append(some, c)
		}
	}
	for from := 0; from < len(some); from += maxCurves {
		part := some[from:min(from+maxCurves, len(some))]
		r.Charts = append(r.Charts, report.DET(fmt.Sprintf("Labels %d to %d", from+1, from+len(part)), part, least, name))
	}
	return report.Write(path, r)
}
