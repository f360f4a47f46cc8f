// Package verify gives a second opinion: when the first network believes to hear a sound, a second one of
// another kind is asked about the last few seconds, and one score is made of both.
//
//	samples 44.1 kHz → [Sound]     the last seconds of a source, by absolute sample index
//	                 → [Verifier]  patches on a fixed grid: resampled, log-mel, embedded; each once
//	                 → [Head]      embedding (1024) → probability of each label, and of none of them
//	                 → [Fusion]    both networks' probabilities → one
//
// # The grid
//
// Patch p starts at sample 21168·p of the source (7680 samples at 16 kHz, 0.48 s) and covers 0.975 s, two
// blocks of 48 log-mel frames of which the second is the first of patch p+1. Its values depend on the
// samples from 441 before its start to 43221 after it, and on nothing else: not on when it is asked for,
// nor on what was asked before. So a patch is computed at most once, a replay gives what live sound gave,
// and a source on which nothing happens costs the copy of its samples.
//
// No patch spans a gap. A patch that starts within 441 samples after one has silence before it.
package verify
