// Package privacy gathers the evidence for "no sound is kept, none leaves": what the configuration says, what the
// service's sandbox allows, and what the running process has open at this moment.
package privacy

import (
	"fmt"
	"io"
)

// Verdict is how a finding bears on the promise.
type Verdict string

// Verdicts.
const (
	Good Verdict = "ok"   // supports it
	Bad  Verdict = "NO"   // contradicts it
	Fact Verdict = "note" // worth knowing
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
func Holds(sections []Section) bool {
	for _, s := range sections {
		for _, f := range s.Findings {
			if f.Verdict == Bad {
				return false
			}
		}
	}
	return true
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
	if Holds(sections) {
		fmt.Fprintln(w, "No sound is written to disk, and none leaves this machine.")
	} else {
		fmt.Fprintln(w, "The lines marked NO say where sound is written or could be.")
	}
}
