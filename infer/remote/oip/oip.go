// Package oip holds the messages of the Open Inference Protocol, version 2, as protoc makes Go of them. open_inference_grpc.proto
// is KServe's (kserve/open-inference-protocol, commit d49cc23; the one change is marked in it), triton_config.proto the part
// that is read of one of Triton's own calls. What is generated is committed: building needs neither protoc nor its plugins.
// They are wanted after a change, in these versions, on the PATH: protoc 35, protoc-gen-go 1.36.12, protoc-gen-go-grpc 1.6.2.
package oip

//go:generate protoc --go_out=. --go-grpc_out=. --go_opt=paths=source_relative,Mopen_inference_grpc.proto=earshot/infer/remote/oip,Mtriton_config.proto=earshot/infer/remote/oip --go-grpc_opt=paths=source_relative,Mopen_inference_grpc.proto=earshot/infer/remote/oip,Mtriton_config.proto=earshot/infer/remote/oip open_inference_grpc.proto triton_config.proto
