package card

import (
	"fmt"
	"io"
	"strings"
)

// rows starts a Markdown table of two columns and returns what adds a row.
func rows(w io.Writer, left, right string) func(name, value string) {
	fmt.Fprintf(w, "| %s | %s |\n|---|---|\n", left, right)
	return func(name, value string) { fmt.Fprintf(w, "| %s | %s |\n", cell(name), cell(value)) }
}

// cell keeps text from breaking a table, a line or a link.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", "", "<", "&lt;").Replace(strings.TrimSpace(s))
}

func (c *Card) frontEnd(w io.Writer) {
	f := c.Front
	fmt.Fprint(w, "## Front end\n\n")
	row := rows(w, "", "")
	row("Sound", fmt.Sprintf("mono, %d Hz, full scale 1", f.SampleRate))
	row("Frames", fmt.Sprintf("%d samples every %d, Hamming, no padding", f.FrameSamples, f.HopSamples))
	row("Bands", fmt.Sprintf("%d gammatone bands, %g to %g Hz, width %g", f.Bands, f.FMinHz, f.FMaxHz, f.Width))
	row("Level", fmt.Sprintf("10·log10(max(energy, %g)) dB", f.Floor))
	row("Window", fmt.Sprintf("%d frames (%.3f s): log-gammatone and its delta over %d frames", f.WindowFrames, windowSeconds(f), f.DeltaWidth))
	fmt.Fprintln(w)
}

func (c *Card) labels(w io.Writer) {
	m := c.Model
	fmt.Fprint(w, "## Labels\n\nA label switches on when its smoothed score passes the first number and off below the second.\n\n")
	fmt.Fprint(w, "| Label | Name | On | Off |\n|---|---|---|---|\n")
	for _, l := range m.Labels {
		if l == m.Background {
			continue
		}
		t := m.Thresholds[l]
		fmt.Fprintf(w, "| `%s` | %s | %.3g | %.3g |\n", l, cell(m.Names[l]), t.On, t.Off)
	}
	fmt.Fprintln(w)
}

// limits says what no user should learn the hard way.
func (c *Card) limits(w io.Writer) {
	fmt.Fprint(w, `## Limits of use

- It names the nearest of its labels. A sound that is none of them can still score high for one; the background label and the
  thresholds lower that, they do not end it.
- It learned from single sounds, mostly recorded close by. Several sounds at once, far microphones, loud rooms and codecs lower
  the accuracy; `+"`earshot eval --noise`"+` shows by how much.
- Accuracy was measured on clips of the same collection. Expect less in another house; teach it your own sounds with
  `+"`earshot train --init`"+`.
- Scores are calibrated on held-out clips where each label is equally frequent. In a home, rare labels are mostly false alarms
  unless thresholds are raised.
- Not for uses where a missed or a false alarm endangers anybody: it replaces no smoke detector, no alarm system, and nobody who
  watches over a child or a patient.
- It recognises kinds of sounds, not words and not persons.
`)
}

// Credits writes the recordings whose licence asks for a credit, as Markdown.
func (c *Card) Credits(w io.Writer) error {
	var b strings.Builder
	fmt.Fprint(&b, "# Credits\n\n")
	list := c.Licence.Credits
	if len(list) == 0 {
		fmt.Fprint(&b, "No recording that the model learned from asks for a credit, or the file does not name them.\n")
	} else {
		fmt.Fprintf(&b, "The model learned from these %d recordings (data: %s). Clips were cut from them and turned into features;\n"+
			"their authors do not endorse the model. The version of each licence is on its recording's page.\n\n", len(list), cell(c.Licence.Data))
		fmt.Fprint(&b, "| Recording | Author | Licence | Clips |\n|---|---|---|---|\n")
		for _, r := range list {
			title := linkText(r.Title)
			if r.URL != "" {
				title = fmt.Sprintf("[%s](<%s>)", title, strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "\n", "").Replace(r.URL))
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", title, linkText(r.Author), cell(r.Licence), cell(strings.Join(r.Clips, ", ")))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// linkText escapes what Markdown would take for its own in a name.
func linkText(s string) string {
	if s == "" {
		s = "untitled"
	}
	return strings.NewReplacer("[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "`", "\\`").Replace(cell(s))
}
