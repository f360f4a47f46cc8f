// Package figure draws log-gammatone spectrograms as PNG pictures, and writes and
// reads arrays as NumPy files.
//
// It knows nothing of the front end: all it needs, units included, comes in the
// Spectrogram.
package figure
