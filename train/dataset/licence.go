package dataset

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// LicenceOwn stands for a recording whose folder states no licence: the
// user's own. A licence filter keeps it only when it lists "own".
const LicenceOwn = "own"

// filterLicences keeps the clips under one of the allowed licences. A name
// that no clip carries is taken for a slip of the pen and refused.
func filterLicences(found []entry, allow []string) ([]entry, int, error) {
	if len(allow) == 0 {
		return found, 0, nil
	}
	var known []string
	for _, e := range found {
		if !slices.Contains(known, e.Licence) {
			known = append(known, e.Licence)
		}
	}
	sort.Strings(known)
	for _, a := range allow {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, a) }) {
			return nil, 0, fmt.Errorf("licence filter: no clip is under %q; the data has %s", a, quoteAll(known))
		}
	}
	var out []entry
	for _, e := range found {
		if slices.ContainsFunc(allow, func(a string) bool { return strings.EqualFold(a, e.Licence) }) {
			out = append(out, e)
		}
	}
	return out, len(found) - len(out), nil
}

// Licences counts the clips under each licence.
func (s *Set) Licences() map[string]int {
	out := map[string]int{}
	for _, c := range s.Clips {
		out[c.Licence]++
	}
	return out
}

// Credit is one author's line: what a CC-BY licence asks to be named.
type Credit struct {
	Author, Title, URL, Licence string
	Clips                       []string // names of the clips cut from it
}

// Credits lists the recordings behind clips whose licence asks for a credit
// (all but CC0 and the user's own), sorted by author and title.
func Credits(clips []Clip) []Credit {
	byURL := map[string]*Credit{}
	var keys []string
	for _, c := range clips {
		if c.Licence == "CC0" || c.Licence == LicenceOwn {
			continue
		}
		key := c.Author + "\x00" + c.Title + "\x00" + c.URL
		cr := byURL[key]
		if cr == nil {
			cr = &Credit{Author: c.Author, Title: c.Title, URL: c.URL, Licence: c.Licence}
			byURL[key] = cr
			keys = append(keys, key)
		}
		cr.Clips = append(cr.Clips, c.Name)
	}
	sort.Strings(keys)
	out := make([]Credit, len(keys))
	for i, k := range keys {
		out[i] = *byURL[k]
	}
	return out
}
