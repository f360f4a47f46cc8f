//go:build !race

package acrnn

// sampledElements is how many elements of a tensor are differentiated one by one.
const sampledElements = 8

// blockedToo tells with which attentions blocked convolutions are tried.
func blockedToo(string) bool { return true }
