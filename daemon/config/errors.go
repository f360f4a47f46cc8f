package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Issue is one mistake: where it stands, which key, and what would be right.
type Issue struct {
	Origin string `json:"origin"`         // file name, or the flag that set the value
	Line   int    `json:"line,omitempty"` // 1-based; 0 when it is not in a file
	Key    string `json:"key,omitempty"`  // dotted path, such as sources[1].device
	Text   string `json:"text"`           // value and wish; never a secret
}

// String gives "file:line: key: text".
func (i Issue) String() string {
	var b strings.Builder
	b.WriteString(i.Origin)
	if i.Line > 0 {
		fmt.Fprintf(&b, ":%d", i.Line)
	}
	b.WriteString(": ")
	if i.Key != "" {
		b.WriteString(i.Key)
		b.WriteString(": ")
	}
	b.WriteString(i.Text)
	return b.String()
}

// Errors is every mistake found, by file and line.
type Errors []Issue

// Error puts one issue on each line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, issue := range e {
		lines[i] = issue.String()
	}
	return strings.Join(lines, "\n")
}

// And adds what a later look found, by file and line. What has been said of a key, or of a block that it stands in, is not
// said twice: the rest follows from it.
func (e Errors) And(later Errors) Errors {
	all := slices.Clone(e)
	for _, i := range later {
		if !e.about(i.Key) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b Issue) int { return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Line, b.Line)) })
	return all
}

func (e Errors) about(key string) bool {
	for k := key; k != ""; k = parent(k) {
		if slices.ContainsFunc(e, func(i Issue) bool { return i.Key == k }) {
			return true
		}
	}
	return false
}

// Nearest returns the candidate that a typing slip could have turned into word, or "".
func Nearest(word string, candidates []string) string {
	best, bestDistance := "", len(word)/3+2
	for _, c := range candidates {
		if d := editDistance(word, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean ends an error with a suggestion, when there is one.
func DidYouMean(word string) string {
	if word == "" {
		return ""
	}
	return "; did you mean " + word + "?"
}

// editDistance is Damerau's optimal string alignment distance: insert, delete, replace, swap neighbours.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var d [65][65]int
	for i := 0; i <= len(a); i++ {
		d[i][0] = i
	}
	for j := 0; j <= len(b); j++ {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// Error makes an issue an error of its own.
func (i Issue) Error() string { return i.String() }
