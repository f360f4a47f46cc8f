package sampletime

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// TestAgainstExact holds both directions against integers of any size, up to a hundred years.
func TestAgainstExact(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	rng := rand.New(rand.NewPCG(1, 2))
	quotient := func(a, b, c int64) int64 { // a·b/c
		v := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		return v.Quo(v, big.NewInt(c)).Int64()
	}
	for range 10_000 {
		rate := 1000 + rng.IntN(767_001)
		d := time.Duration(rng.Int64N(int64(century)))
		if rng.IntN(4) == 0 {
			d = -d
		}
		n := quotient(int64(d), int64(rate), int64(time.Second))
		if got := Samples(d, rate); got != n {
			t.Fatalf("Samples(%v, %d) = %d, want %d", d, rate, got, n)
		}
		if got, want := Span(n, rate), time.Duration(quotient(n, int64(time.Second), int64(rate))); got != want {
			t.Fatalf("Span(%d, %d) = %v, want %v", n, rate, got, want)
		}
	}
}
