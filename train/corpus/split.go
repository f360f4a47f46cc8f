package corpus

import (
	"fmt"
	"slices"
	"strings"

	"earshot/train/dataset"
)

// Split divides set, which the licence filter of s may have thinned, into clips
// to learn from and clips to test on.
//
// With TestFull the test clips are of every licence, so the division is made on
// the unfiltered set and the filter applied to what is learned: a clip to learn
// from never shares its recording with a test clip that the filter would hide.
// leftOut counts the licensed clips that were left out for such a share.
func (s Source) Split(set *dataset.Set) (learned, held []dataset.Clip, leftOut int, err error) {
	if !s.TestFull || len(s.Set.Licences) == 0 || len(s.Test) == 0 {
		learned, held, leftOut = set.Split(s.Train, s.Test)
		return learned, held, leftOut, nil
	}
	all := s.Set
	all.Licences = nil
	full, err := dataset.Load(all)
	if err != nil {
		return nil, nil, 0, err
	}
	if !slices.Equal(full.Labels, set.Labels) {
		return nil, nil, 0, fmt.Errorf("the licence filter %v leaves %d of %d labels; take more folds or fewer labels", s.Set.Licences, len(set.Labels), len(full.Labels))
	}
	allowed := func(c dataset.Clip) bool {
		return slices.ContainsFunc(s.Set.Licences, func(l string) bool { return strings.EqualFold(l, c.Licence) })
	}
	split, held, _ := full.Split(s.Train, s.Test)
	for _, c := range split {
		if allowed(c) {
			learned = append(learned, c)
		}
	}
	for _, c := range full.Folds(s.Train...) {
		if allowed(c) {
			leftOut++
		}
	}
	return learned, held, leftOut - len(learned), nil
}
