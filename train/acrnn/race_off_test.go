//go:build !race

package acrnn

// sampledElements is how many elements of a tensor are differentiated one by one.
const sampledElements = 8
