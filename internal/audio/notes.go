package audio

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// maxNotes bounds what is told of one file.
const maxNotes = 8

// notes says what is wrong with a file that is read all the same, one sentence a
// flaw, in the order in which they were met. What is said twice stands once.
type notes struct {
	said []string
	more int // beyond maxNotes
}

// noter is a decoder that has something to say.
type noter interface{ flaws() notes }

func (n *notes) add(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	for _, old := range n.said {
		if old == s {
			return
		}
	}
	if len(n.said) == maxNotes {
		n.more++
		return
	}
	n.said = append(n.said[:len(n.said):len(n.said)], s)
}

// list is all that was said; the last line tells of what was too much.
func (n *notes) list() []string {
	if n.more == 0 {
		return n.said
	}
	return append(n.said[:len(n.said):len(n.said)], fmt.Sprintf("%d more flaws", n.more))
}

func join(a, b notes) notes {
	all := notes{more: a.more + b.more}
	for _, s := range a.said {
		all.add("%s", s)
	}
	for _, s := range b.said {
		all.add("%s", s)
	}
	return all
}

// damaged tells damage in a file from a fault of the system that reads it.
func damaged(err error) bool {
	var pe *fs.PathError
	return !errors.As(err, &pe)
}

// flaw is an error without the file's name, as a note says it.
func flaw(err error) string {
	var e *Error
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends in the middle"
	case !errors.As(err, &e):
		return err.Error()
	}
	if e.What == "" {
		return e.Kind.Error()
	}
	return e.What
}

// plural is a count with its word.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Finite makes every sample that is no number, infinite or absurdly large 0, and
// says how many there were: a single NaN would spread over every later feature.
// It is the one rule for files and for pipes.
func Finite(x []float32) (bad int64) {
	for i, v := range x {
		if !(v >= -maxSample && v <= maxSample) { // catches NaN too
			x[i] = 0
			bad++
		}
	}
	return bad
}
