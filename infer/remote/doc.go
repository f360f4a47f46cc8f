// Package remote scores windows on an inference server that speaks the Open Inference Protocol, version 2: NVIDIA Triton,
// KServe, OpenVINO Model Server, MLServer. It is the one package that imports gRPC.
//
//   - [ParseAddress] and [Settings] say which server, and how it is spoken to: gRPC with raw tensors, or HTTP, with binary
//     tensors where the server lists them.
//   - [Dial] connects and holds the server against a [Contract]: names, shapes, types, labels and front end where it tells
//     them, and in any case the scores of trial windows, which a server with another network does not get right.
//   - [Failover] scores on the server while that goes well and by another [infer.Scorer] while it does not. It is what a
//     batcher is given.
//
// A server is a stranger: what it sends is bounded in bytes and time, its shapes are held against what was asked for, its
// scores must be numbers, and its words are quoted. No token is printed, and none goes over a network in the clear.
package remote
