package level

import "github.com/tphakala/simd/f32"

// Energy is the sum of the squares of x, to a float32's 2⁻²⁴ for each few thousand samples.
func Energy(x []float32) float64 {
	sum := 0.0
	for len(x) > 0 {
		part := x[:min(len(x), energyPart)]
		sum += float64(f32.DotProduct(part, part))
		x = x[len(part):]
	}
	return sum
}

// energyPart is how many samples are summed as float32.
const energyPart = 4096

// Range is the least and the greatest of x; +Inf and −Inf when x is empty.
func Range(x []float32) (low, high float32) { return f32.Min(x), f32.Max(x) }

// Peak is the greatest magnitude in x; 0 when x is empty.
func Peak(x []float32) float32 {
	low, high := Range(x)
	return max(0, high, -low)
}
