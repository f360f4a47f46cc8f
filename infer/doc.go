// Package infer runs earshot's networks with ONNX Runtime. It is the one
// package that imports the runtime's binding.
//
//   - [FindLibrary] and [Init] find, check and load the runtime's shared library.
//   - [LoadModel] and [ParseModel] hold a file against the model contract
//     (names, shapes, metadata) before the runtime sees it.
//   - [Session] scores windows with a fixed set of buffers for each batch size.
//   - [Batcher] lets many sources share one Session.
//
// Sub-package smooth turns scores into events.
package infer
