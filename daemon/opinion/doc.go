// Package opinion brings the second network's opinion into one source's way from scores to events.
//
//	samples → Hear     keeps the last seconds, in the listener
//	scores  → Revise   both networks' scores become one, before they are smoothed, in the reporter
//	events  → Of       what each network said, in the reporter
//
// The second network is asked about a window when the first scores a watched label at the label's candidate or above
// it. Of each label that is, the score becomes the fused one; every other keeps the first network's. What comes out
// is a pure function of the sound and of the first network's scores: patches lie on a fixed grid, and no clock has a
// say. So a recording gives the events that its sound gave live.
//
// # When there is no answer
//
// A network that fails must not silence a house. Where the second one cannot be heard (it fails, or the sound that it
// should judge is gone, since scoring lags far behind listening), the first one's score is mapped so that its own
// thresholds fall on those of the fused score: what the first network alone would have told is told. It is counted,
// said, and shown by the health when it keeps happening.
package opinion
