// Package runtimes installs builds of ONNX Runtime beside the one that earshot comes with. The Python registry carries them:
// a wheel is a ZIP archive, of which the shared libraries are taken and nothing is run. Which files, how large they are and
// what their SHA-256 is stands here, so nothing that the registry or anybody on the way to it says need be believed.
package runtimes

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Wheel is one file of the registry.
type Wheel struct {
	Project string
	File    string
	Size    int64 // bytes
	SHA256  string
}

// Build is a build of ONNX Runtime with what it needs.
type Build struct {
	Name     string // as it is asked for
	Version  string // of ONNX Runtime
	Provider string // that it is there for
	Wheels   []Wheel
	// Preload are parts of the names of libraries that are loaded before the runtime, in this order: its provider's library
	// wants them and has no search path of its own.
	Preload []string
}

// builds by GOARCH and name. CUDA's libraries are those of CUDA 13, which ONNX Runtime 1.31's build for graphics cards wants.
var builds = map[string]map[string]Build{
	"amd64": {
		"cpu": {Version: "1.30.0", Provider: "cpu", Wheels: []Wheel{
			{"onnxruntime", "onnxruntime-1.30.0-cp312-cp312-manylinux_2_28_x86_64.whl", 23585654, "fa688e7891a6aa206636fe7372e27ee75fd17713289f6b4fc7b190e0a7de9328"}}},
		"openvino": {Version: "1.24.1", Provider: "openvino", Wheels: []Wheel{
			{"onnxruntime-openvino", "onnxruntime_openvino-1.24.1-cp312-cp312-manylinux_2_28_x86_64.whl", 84433207, "d617fac2f59a6ab5ea59a788c3e1592240a129642519aaeaa774761dfe35150e"}}},
		"cuda": {Version: "1.31.1", Provider: "cuda",
			Preload: []string{"libcudart.so", "libnvJitLink.so", "libcublasLt.so", "libcublas.so", "libnvrtc.so", "libcufft.so", "libcurand.so", "libcudnn.so"},
			Wheels: []Wheel{
				{"onnxruntime-gpu", "onnxruntime_gpu-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl", 255569273, "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7"},
				{"nvidia-cuda-runtime", "nvidia_cuda_runtime-13.4.92-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", 2494438, "9641f797da20ce1dd8e779b6e96d08cf9ba564cec8e8225458811ee26423f3a5"},
				{"nvidia-nvjitlink", "nvidia_nvjitlink-13.4.92-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl", 42452378, "e0391f24ed94ec879b84e3da4d4ec320c879aff681f2c7a638462f7199284323"},
				{"nvidia-cublas", "nvidia_cublas-13.4.3.11-py3-none-manylinux_2_27_x86_64.whl", 404880902, "56682374ec2a1c386b20308a834ebb346c438db29db143e6e75b70b1b0009eea"},
				{"nvidia-cuda-nvrtc", "nvidia_cuda_nvrtc-13.4.92-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl", 53301733, "5ce8c97b00b232c4f50c8c4b5a3b68cafee08bdb82ea86f2052ff01d03194f4a"},
				{"nvidia-cufft", "nvidia_cufft-12.4.0.43-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl", 161750089, "0e8385013596b112d29c9ce8c63dc575b308d77636c7169104e18714f03961a8"},
				{"nvidia-curand", "nvidia_curand-10.4.4.72-py3-none-manylinux_2_27_x86_64.whl", 61498332, "25c3457ae7a224fdd484dab90b0fc5dc0e842fab5db3012afa4a5bd2af4eb7e5"},
				{"nvidia-cudnn-cu13", "nvidia_cudnn_cu13-9.26.1.1-py3-none-manylinux_2_27_x86_64.whl", 519150496, "c709224270fbfb5c51248422b468dc258461a723a8d5a21f50111614b36b8c53"},
			}},
	},
	"arm64": {
		"cpu": {Version: "1.30.0", Provider: "cpu", Wheels: []Wheel{
			{"onnxruntime", "onnxruntime-1.30.0-cp312-cp312-manylinux_2_28_aarch64.whl", 21345202, "6c32a000d5139a38ba9349030b0032e3331acb559d596b22738d9d2b343a2b83"}}},
	},
}

// Find is the build of that name for a processor, in Go's word for it.
func Find(name, arch string) (Build, error) {
	b, ok := builds[arch][name]
	if !ok {
		return Build{}, fmt.Errorf("no build %q of ONNX Runtime is known for %s; want one of %s", name, arch, strings.Join(slices.Sorted(maps.Keys(builds[arch])), ", "))
	}
	b.Name = name
	return b, nil
}

// Size is how much is fetched, in bytes.
func (b Build) Size() (sum int64) {
	for _, w := range b.Wheels {
		sum += w.Size
	}
	return sum
}
