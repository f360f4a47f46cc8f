package classify

// Pad continues a sound that is shorter than n samples: it is followed by
// digital silence. It returns x itself when that is long enough.
func Pad(x []float32, n int) []float32 {
	if len(x) >= n {
		return x
	}
	out := make([]float32, n)
	copy(out, x)
	return out
}
