// Package acrnn is the network of Zhang et al. 2020 (docs/design.md) as
// ONNX graphs: the whole training step as one, the statistics of batch norm as
// one, and the finished network as the model file's contract wants it.
//
// [StepGraph] emits forward pass, backward pass and update from hand-derived
// blocks (convolution with batch norm, ReLU and pooling; bidirectional GRU;
// attention; cross-entropy). A tape records, as the forward pass of a block is
// emitted, how to emit its gradient. The formulations are those that were
// measured to be fast in ONNX Runtime, docs/training.md; each node's name begins
// with its layer, so that [Profile] can tell where a step's time goes.
//
// The learned numbers are one flat vector in the order of [Arch.Params]; so are
// the optimiser's moments and the averaged weights. [Engine] runs steps and
// swaps the vectors' buffers, so that nothing is copied between two steps.
//
// The tests hold every gradient of every variant against central differences of
// a second, slow forward pass in float64.
package acrnn
