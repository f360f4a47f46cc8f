//go:build race

package acrnn

// The race detector makes the oracle ten times slower and has nothing to find in it:
// fewer elements are differentiated one by one, and blocked convolutions are tried with
// two attentions.
const sampledElements = 2

func blockedToo(attention string) bool { return attention == "l10" || attention == "l4-softmax" }
