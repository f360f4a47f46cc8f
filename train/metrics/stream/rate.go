package stream

import "gonum.org/v1/gonum/mathext"

// RateBound is the 95 % upper bound on a rate an hour of which n events came in
// so many hours: the λ at which n or fewer have a chance of 5 % (Garwood 1936,
// one-sided). With no event it is −ln 0.05 / hours, the rule of three: 3/N.
func RateBound(n int, hours float64) float64 {
	if n < 0 || !(hours > 0) {
		panic("stream: RateBound of a negative count or of no time")
	}
	return mathext.GammaIncRegInv(float64(n)+1, 0.95) / hours
}
