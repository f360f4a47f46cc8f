// Package gammatone is earshot's front end: it turns mono sound into windows of
// log-gammatone energies and their deltas, the two channels the network reads.
//
// # Equations
//
// With N_fft samples a frame, hop H, sample rate f_s, and samples x[n]:
//
//	frame      x_t[n] = x[tH+n]·h[n],            n = 0 … N_fft−1, no padding, no centring
//	window     h[n] = 0.54 − 0.46·cos(2πn/N_fft) periodic Hamming
//	power      P_t[k] = |Σ_n x_t[n]·e^(−j2πkn/N_fft)|²,  k = 0 … N_fft/2, not normalised
//	energy     E_t[i] = Σ_k W[i,k]²·P_t[k],       i = 0 … N−1
//	log        L_t[i] = 10·log10(max(E_t[i], floor)), dB
//	delta      D_t[i] = Σ_{m=−M..M} m·L_{t+m}[i] / (2·Σ_{m=1..M} m²),  M = (width−1)/2,
//	           inside the window of T frames only: D_0 … D_{M−1} = D_M, D_{T−M} … D_{T−1} = D_{T−M−1}
//
// Width 9 makes the divisor 60: the Savitzky–Golay derivative of order 1. Because the
// delta never looks outside its window, training and streaming agree to the bit.
//
// W is the amplitude response of Slaney's fourth-order gammatone filter at the FFT's
// bins, in closed form. With Q = 9.26449, b = 24.7 Hz, and centre frequencies spaced
// evenly on the ERB scale between fmin and fmax,
//
//	cf_i = −Qb + (fmax+Qb)·exp[(i/N)·ln((fmin+Qb)/(fmax+Qb))],  i = 1 … N, reversed: row 0 is fmin
//	ERB  = cf/Q + b,  B = width·1.019·2π·ERB
//	r    = e^(−B/f_s),  θ = 2π·cf/f_s,  p = r·e^(jθ),  u_k = e^(j2πk/N_fft)
//	z_s  = r·(cosθ + s·sinθ),  s ∈ {±√(3+2^1.5), ±√(3−2^1.5)}
//	H(u) = Π_s|u − z_s| / |(u−p)(u−p*)|⁴
//	W[i,k] = H(u_k) / H(e^(jθ))
//
// W is a response in amplitude, so a power spectrum takes W squared. Rows are dense and
// stay so: in a quiet band beside a loud one the far skirt of the filter is what counts.
//
// # Use
//
// [FrontEnd] serves whole clips ([FrontEnd.BatchEnergies], [FrontEnd.BatchLog]) and single
// frames ([FrontEnd.Energies]). [Frames] takes sound in pieces of any size and emits
// frames, [Stream] on top of it windows; both give exactly what the batch gives, and a gap
// makes them start afresh, so that no window spans a hole. [Config.Fingerprint] names every number above, so that a
// model can refuse a front end it was not trained with.
//
// # Sources
//
// M. Slaney, "An Efficient Implementation of the Patterson–Holdsworth Auditory Filter
// Bank", Apple TR 35, 1993 (the filter, its zeros and the ERB scale);
// B. Glasberg, B. Moore, "Derivation of auditory filter shapes from notched-noise data",
// Hearing Research 47, 1990 (Q and b); A. Savitzky, M. Golay, Analytical Chemistry 36,
// 1964 (the delta); Zhang et al., Neurocomputing 2020 (128 bands, 1024/512 frames).
package gammatone
