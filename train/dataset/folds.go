package dataset

import (
	"fmt"
	"hash/fnv"
	"sort"
)

// assignFolds gives every clip without a fold one of 1 … k, whole recordings
// at a time, so that no label is bunched in a fold. A recording that an ESC
// clip was cut from keeps that clip's fold. It returns warnings about labels
// that cannot be in every fold and about recordings that ESC's own table has in
// two folds (there are two in folds 1–4; [Set.Split] keeps them apart).
func assignFolds(s *Set, k int) ([]string, error) {
	fixed := map[string]int{}
	var warnings []string
	most := 0
	for _, c := range s.Clips {
		if c.Fold == 0 {
			continue
		}
		if f, ok := fixed[c.Source]; ok && f != c.Fold {
			warnings = append(warnings, fmt.Sprintf("recording %q is in fold %d and in fold %d of the official table", c.Source, f, c.Fold))
			continue
		}
		fixed[c.Source] = c.Fold
		most = max(most, c.Fold)
	}
	if k == 0 {
		k = most
	}
	if k == 0 {
		k = 5
	}
	if k < 0 {
		return nil, fmt.Errorf("folds: %d; want 2 or more, or 0 for the default", k)
	}
	groups := groupClips(s.Clips)
	count := make([][]int, k+1) // (fold, label) clips of folder layouts
	for f := range count {
		count[f] = make([]int, len(s.Labels))
	}
	for _, g := range groups {
		fold, ok := fixed[g.source]
		for _, i := range g.clips {
			if f, has := fixed[s.Clips[i].Source]; has {
				fold, ok = f, true
			}
		}
		if !ok {
			fold = emptiest(count, g, s.Clips, k)
		}
		for _, i := range g.clips {
			s.Clips[i].Fold = fold
			if fold <= k {
				count[fold][s.Clips[i].Label]++
			}
		}
	}
	return append(warnings, thinLabels(s, groups, k)...), nil
}

// Split returns the clips of the train folds and of the test folds. A train
// clip of a recording that also has a clip in the test folds is left out, and
// counted: what was tested on was never learned from.
func (s *Set) Split(train, test []int) (learn, held []Clip, leftOut int) {
	held = s.Folds(test...)
	source, content := map[string]bool{}, map[string]bool{}
	for _, c := range held {
		source[c.Source] = true
		if c.contentKey != "" {
			content[c.contentKey] = true
		}
	}
	for _, c := range s.Folds(train...) {
		if source[c.Source] || content[c.contentKey] {
			leftOut++
			continue
		}
		learn = append(learn, c)
	}
	return learn, held, leftOut
}

// group is the clips, by index, that were cut from one recording.
type group struct {
	source string
	clips  []int
}

// groupClips joins folder clips that share a source or their very content,
// biggest group first, then in an order that does not depend on file names'
// alphabet.
func groupClips(clips []Clip) []group {
	parent := map[string]string{}
	var find func(string) string
	find = func(x string) string {
		p, ok := parent[x]
		if !ok || p == x {
			return x
		}
		parent[x] = find(p)
		return parent[x]
	}
	for _, c := range clips {
		if c.Fold == 0 && c.contentKey != "" {
			if a, b := find("source:"+c.Source), find("content:"+c.contentKey); a != b {
				parent[b] = a
			}
		}
	}
	byRoot := map[string]*group{}
	var out []*group
	for i, c := range clips {
		if c.Fold != 0 {
			continue
		}
		root := find("source:" + c.Source)
		g := byRoot[root]
		if g == nil {
			g = &group{source: c.Source}
			byRoot[root] = g
			out = append(out, g)
		}
		g.clips = append(g.clips, i)
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if len(a.clips) != len(b.clips) {
			return len(a.clips) > len(b.clips)
		}
		return scatter(clips[a.clips[0]].Name) < scatter(clips[b.clips[0]].Name)
	})
	groups := make([]group, len(out))
	for i, g := range out {
		groups[i] = *g
	}
	return groups
}

func scatter(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// emptiest is the fold that has fewest clips of the group's labels, then
// fewest clips at all.
func emptiest(count [][]int, g group, clips []Clip, k int) int {
	best, bestOwn, bestAll := 0, 0, 0
	for f := 1; f <= k; f++ {
		own, all := 0, 0
		for _, i := range g.clips {
			own += count[f][clips[i].Label]
		}
		for _, n := range count[f] {
			all += n
		}
		if best == 0 || own < bestOwn || own == bestOwn && all < bestAll {
			best, bestOwn, bestAll = f, own, all
		}
	}
	return best
}

// thinLabels warns about folder labels with fewer recordings than folds: some
// folds cannot test them.
func thinLabels(s *Set, groups []group, k int) []string {
	recordings := make([]int, len(s.Labels))
	esc := s.ESCLabels()
	for _, g := range groups {
		seen := map[int]bool{}
		for _, i := range g.clips {
			if l := s.Clips[i].Label; !seen[l] {
				seen[l] = true
				recordings[l]++
			}
		}
	}
	var out []string
	for l, n := range recordings {
		if n > 0 && n < k && !esc[l] {
			out = append(out, fmt.Sprintf("label %q has %d recordings for %d folds: some folds hold none of it", s.Labels[l], n, k))
		}
	}
	return out
}
