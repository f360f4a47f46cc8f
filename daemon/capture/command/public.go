package command

import (
	"regexp"
	"strings"

	"earshot/internal/redact"
)

// itSaid stands between what we know of a program's end and its own last words.
const itSaid = "; it said: "

// pause is what we add after a program's words; a duration is all that can be in it.
var pause = regexp.MustCompile(`; started again in [0-9.hms]+$`)

// Public splits a reason that a source gives into what anybody may read, without the program's own words and with
// nothing of an address but its host, and those words; said is "" where there are none.
func Public(why string) (public, said string) {
	public, said, _ = strings.Cut(why, itSaid)
	if ours := pause.FindString(said); ours != "" {
		public, said = public+ours, strings.TrimSuffix(said, ours)
	}
	return redact.Line(redact.Addresses(public)), said
}
