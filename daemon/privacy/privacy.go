// Package privacy gathers the evidence for "no sound is kept, none leaves": what the configuration says, what the
// service's sandbox allows, and what the running process has open at this moment.
package privacy

import (
	"fmt"
	"io"
	"slices"
)

// Verdict is how a finding bears on the promise.
type Verdict string

// Verdicts.
const (
	Good Verdict = "ok"   // supports it
	Bad  Verdict = "NO"   // contradicts it
	Fact Verdict = "note" // worth knowing
	Open Verdict = "?"    // cannot be told from here
)

// Finding is one piece of evidence.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
}

// Section is evidence from one place.
type Section struct {
	Title    string    `json:"title"`
	Findings []Finding `json:"findings"`
}

func (s *Section) add(v Verdict, format string, args ...any) {
	s.Findings = append(s.Findings, Finding{v, fmt.Sprintf(format, args...)})
}

// Holds tells whether nothing contradicts the promise.
func Holds(sections []Section) bool { return !found(sections, Bad) }

func found(sections []Section, v Verdict) bool {
	return slices.ContainsFunc(sections, func(s Section) bool {
		return slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.Verdict == v })
	})
}

// Print writes the evidence for people.
func Print(w io.Writer, sections []Section) {
	for _, s := range sections {
		fmt.Fprintf(w, "\n%s\n", s.Title)
		for _, f := range s.Findings {
			fmt.Fprintf(w, "  %-4s  %s\n", f.Verdict, f.Text)
		}
	}
	fmt.Fprintln(w)
	switch {
	case !Holds(sections):
		fmt.Fprintln(w, "The lines marked NO say where sound is written or could be.")
	case found(sections, Open):
		fmt.Fprintln(w, "Nothing here writes sound, but the lines marked ? could not be looked into: run this as root to know.")
	default:
		fmt.Fprintln(w, "No sound is written to disk, and none leaves this machine.")
	}
}
