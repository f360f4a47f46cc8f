package daemon

import (
	"cmp"
	"slices"

	"earshot/daemon/web"
	"earshot/publish"
)

// pageLabels is how many labels the page shows for each window.
const pageLabels = 6

// best are the indices of the n greatest scores of single labels, greatest first; groups are left out.
func best(w *watch, scores []float64, n int) []int {
	order := make([]int, len(w.smooth.Labels))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	return order[:min(n, len(order))]
}

func topScores(w *watch, scores []float64, n int) []publish.LabelScore {
	var top []publish.LabelScore
	for _, i := range best(w, scores, n) {
		top = append(top, publish.LabelScore{Label: w.ids[i], Score: scores[i]})
	}
	return top
}

func pageScores(w *watch, scores []float64) []web.Score {
	var top []web.Score
	for _, i := range best(w, scores, pageLabels) {
		top = append(top, web.Score{Label: w.ids[i], Title: w.titles[i], Score: scores[i]})
	}
	return top
}
