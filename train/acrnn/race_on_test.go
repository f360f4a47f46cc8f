//go:build race

package acrnn

// sampledElements is how many elements of a tensor are differentiated one by one; the race
// detector makes the oracle ten times slower.
const sampledElements = 2
