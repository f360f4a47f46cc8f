// Package smooth turns the scores of overlapping windows into events: a sound
// began, a sound ended.
//
// All of it is a pure function of what is pushed and of sample time (the
// absolute index of an audio sample, int64). There is no clock, no goroutine
// and no allocation, so the same windows give the same events, live or from a
// file, at any speed.
//
// # Mean
//
// The smoothed score of label k at window i is the mean over the last n
// windows, as the paper averages a clip's windows:
//
//	s_k(i) = 1/m · Σ_{j=i−m+1..i} p_k(j),   m = min(n, windows since the last gap)
//
// A window that ended n window lengths before the newest one is left out as
// well, so a mean never mixes in what was heard long ago. A group's score is
// the greatest of its members' smoothed scores.
//
// # Events
//
// Let t be the sample time of a decision: the end of the newest window. For
// each label and group with a [Rule]:
//
//	OFF → ON   s ≥ On, and has been at every window for MinOn samples,
//	           and Cooldown samples have passed since the last OFF
//	ON  → OFF  s < Off, and has been at every window for Hold samples; or
//	           no window came for a window length plus Hold, by Tick or Push
//
// On ≥ Off gives the hysteresis. The second way to OFF is what [Smoother.Tick]
// is for: a source that freezes must not leave a sensor on. While windows come,
// Tick changes nothing, so live sound and its recording give the same events.
//
// # Where the sound was
//
// A window is 1.5 s long and a sound may fill any part of it. The network's
// attention says which part it looked at. An event's Onset is the start of the
// step of greatest attention in the earliest window of the mean that itself
// scored at least Off (the window's start where there is no attention); PeakAt
// is the middle of that step in the window that scored highest; End is the end
// of the last window that itself scored at least Off.
//
// # Gaps
//
// [Smoother.Forget] drops the windows of the mean, for a short loss of
// samples: what is on stays on until its timer. [Smoother.Reset] also ends
// what is on, for a source that went away.
package smooth
