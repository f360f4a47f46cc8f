// Package logmel is the front end of the second network, YAMNet: it turns mono sound of 16 kHz into
// frames of 64 log-mel values, 96 of which are one patch.
//
// # Equations
//
// With samples x[n] at 16 kHz:
//
//	frame      x_t[n] = x[160·t+n]·h[n],       n = 0 … 399, no padding, no centring
//	window     h[n] = 0.5 − 0.5·cos(2πn/400)   periodic Hann
//	magnitude  S_t[k] = |Σ_n x_t[n]·e^(−j2πkn/512)|,  k = 0 … 256, not normalised
//	mel        M_t[b] = Σ_k W[k,b]·S_t[k],     b = 0 … 63
//	log        L_t[b] = ln(M_t[b] + 0.001)
//
// W holds triangles on the HTK mel scale, m(f) = 1127·ln(1 + f/700 Hz): 66 edges evenly spaced in mel
// from 125 to 7500 Hz; band b rises from edge b to edge b+1 and falls to edge b+2, linearly in mel. Bin 0
// counts for nothing.
//
// A patch is 96 frames (0.975 s of sound, 15 600 samples); the patches of a stream start every 48 frames
// (7 680 samples, 0.48 s). No value depends on any sample outside its own frame, so frames can be
// computed in any order and kept.
//
// # Sources
//
// The numbers are those of github.com/tensorflow/models, research/audioset/yamnet (params.py, features.py),
// whose network they belong to; the matrix is that of TensorFlow's linear_to_mel_weight_matrix;
// S. Young et al., "The HTK Book" (the scale).
package logmel
