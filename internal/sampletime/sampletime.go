// Package sampletime converts between numbers of samples and durations, without overflow: n·time.Second would after
// 58 hours.
package sampletime

import "time"

// Span is the time that n samples last.
func Span(n int64, rateHz int) time.Duration {
	r := int64(rateHz)
	return time.Duration(n/r)*time.Second + time.Duration(n%r)*time.Second/time.Duration(r)
}

// Samples is how many samples fit into d.
func Samples(d time.Duration, rateHz int) int64 {
	r := int64(rateHz)
	return int64(d/time.Second)*r + int64(d%time.Second)*r/int64(time.Second)
}
