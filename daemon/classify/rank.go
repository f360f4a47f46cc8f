package classify

import "sort"

// Rank returns label indices, the likeliest first. The background label
// (index background, or −1) stands where its score puts it only when it
// outweighs all other labels together; else it comes last: a file is given to
// be named, and "nothing" is the answer only when that is more likely than
// everything else.
func Rank(scores []float64, background int) []int {
	order := make([]int, len(scores))
	total := 0.0
	for i, p := range scores {
		order[i] = i
		total += p
	}
	last := background >= 0 && background < len(scores) && 2*scores[background] <= total && len(scores) > 1
	sort.SliceStable(order, func(a, b int) bool {
		i, j := order[a], order[b]
		if last && (i == background) != (j == background) {
			return j == background
		}
		return scores[i] > scores[j]
	})
	return order
}
