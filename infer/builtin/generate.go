//go:build ignore

// generate writes yamnet.onnx from YAMNet's float weights.
package main

import (
	"archive/zip"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/x448/float16"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/figure"
	"earshot/verify/logmel"
)

// strides are those of the thirteen depthwise convolutions.
var strides = [13]int{1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1}

// epsilon is added to each variance by YAMNet's batch norms, which have no gamma.
const epsilon = 1e-4

func main() {
	from := flag.String("from", "", "folder with weights.npz and class_map.csv")
	out := flag.String("out", "yamnet.onnx", "file to write")
	full := flag.Bool("fp32", false, "keep the weights as float32")
	flag.Parse()
	w, err := readArchive(filepath.Join(*from, "weights.npz"))
	if err != nil {
		log.Fatal(err)
	}
	names, err := classes(filepath.Join(*from, "class_map.csv"))
	if err != nil {
		log.Fatal(err)
	}
	b := builder{Graph: onnx.New("yamnet"), w: w, half: !*full}
	b.build()
	b.metadata(names)
	if err := os.WriteFile(*out, b.Marshal(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// array is one variable as TensorFlow keeps it, C order.
type array struct {
	x     []float64
	shape []int
}

// builder emits the network; half stores large weights as float16, to be widened at load.
type builder struct {
	*onnx.Graph
	w    map[string]array
	half bool
}

// build emits the graph: patch (N,96,64) → embedding (N,1024), audioset (N,521).
func (b *builder) build() {
	x := b.Input("patch", onnx.Float, -1, logmel.PatchFrames, logmel.Bands)
	h := b.Reshape(x, -1, 1, logmel.PatchFrames, logmel.Bands) // (N, 1, frame, band)
	h = b.conv(h, "conv0", "bn0", 2, false)
	for i, stride := range strides {
		h = b.conv(h, fmt.Sprintf("depthwise%d", i+1), fmt.Sprintf("depthwise_bn%d", i+1), stride, true)
		h = b.conv(h, fmt.Sprintf("pointwise%d", i+1), fmt.Sprintf("pointwise_bn%d", i+1), 1, false)
	}
	embedding := b.Op("Flatten", []string{b.Unary("GlobalAveragePool", h)})
	b.Output("embedding", embedding, onnx.Float, -1, infer.EmbeddingLen)
	dense := b.variable("dense.kernel")
	logits := b.Op("Gemm", []string{embedding, b.weights("dense.kernel", dense.x, dense.shape...),
		b.Floats("dense.bias", narrow(b.variable("dense.bias").x), dense.shape[1])})
	b.Output("audioset", b.Unary("Sigmoid", logits), onnx.Float, -1, dense.shape[1])
}

// conv emits one convolution with its batch norm folded in, and the ReLU after it:
//
//	(k∗x − mean)/√(variance+ε) + beta = (k/√(variance+ε))∗x + (beta − mean/√(variance+ε))
//
// Kernels are turned from (height, width, in, out) to (out, in, height, width); a depthwise one,
// (height, width, channel, 1), has a group for every channel.
func (b *builder) conv(x, kernel, norm string, stride int, depthwise bool) string {
	k := b.variable(kernel + ".kernel")
	mean, variance, beta := b.variable(norm+".mean").x, b.variable(norm+".variance").x, b.variable(norm+".beta").x
	height, width, in, out := k.shape[0], k.shape[1], k.shape[2], k.shape[3]
	group := 1
	if depthwise {
		group, in, out = in, out, in
	}
	w, bias := make([]float64, len(k.x)), make([]float32, out)
	for o := range out {
		scale := 1 / math.Sqrt(variance[o]+epsilon)
		bias[o] = float32(beta[o] - mean[o]*scale)
		for i := range in {
			for p := range height * width {
				from := (p*in+i)*out + o
				w[(o*in+i)*height*width+p] = k.x[from] * scale
			}
		}
	}
	// SAME, as TensorFlow pads: what does not divide evenly goes to the end. All sizes are even at stride 2.
	begin, end := (height-1)/2, (height-1)/2
	if stride == 2 {
		begin = 0
	}
	y := b.Op("Conv", []string{x, b.weights(kernel+".kernel", w, out, in, height, width), b.Floats(kernel+".bias", bias, out)},
		onnx.Attr{Name: "kernel_shape", Value: []int{height, width}}, onnx.Attr{Name: "pads", Value: []int{begin, begin, end, end}},
		onnx.Attr{Name: "strides", Value: []int{stride, stride}}, onnx.Attr{Name: "group", Value: group})
	return b.Unary("Relu", y)
}

func (b *builder) variable(name string) array {
	a, ok := b.w[name]
	if !ok {
		log.Fatalf("the archive holds no %q", name)
	}
	return a
}

// weights adds an initialiser, as float16 with a cast (which the runtime folds at load) where asked.
func (b *builder) weights(name string, x []float64, dims ...int) string {
	if !b.half {
		return b.Floats(name, narrow(x), dims...)
	}
	raw := make([]byte, 2*len(x))
	for i, v := range narrow(x) {
		binary.LittleEndian.PutUint16(raw[2*i:], float16.Fromfloat32(v).Bits())
	}
	return b.Op("Cast", []string{b.Raw(name, onnx.Float16, raw, 2, dims...)}, onnx.Attr{Name: "to", Value: int(onnx.Float)})
}

func (b *builder) metadata(names []string) {
	text := func(v any) string {
		out, err := json.Marshal(v)
		if err != nil {
			log.Fatal(err)
		}
		return string(out)
	}
	b.Metadata["embedder"] = fmt.Sprint(infer.EmbedderVersion)
	b.Metadata["name"] = text("YAMNet")
	b.Metadata["front_end"] = logmel.Fingerprint
	b.Metadata["audioset"] = text(names)
	b.Metadata["licence"] = text(map[string]string{"name": "Apache-2.0", "holder": "The TensorFlow Authors", "notice": "LICENSE-yamnet"})
	b.Metadata["provenance"] = text(map[string]string{
		"origin":  "github.com/tensorflow/models, research/audioset/yamnet",
		"data":    "AudioSet",
		"changes": "batch norm folded into the convolutions, weights rounded to float16, layout turned from NHWC to NCHW",
	})
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// readArchive reads every member of a NumPy archive, by name without ".npy".
func readArchive(path string) (map[string]array, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	all := map[string]array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		x, shape, err := figure.DecodeNPY(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", f.Name, path, err)
		}
		all[f.Name[:len(f.Name)-len(".npy")]] = array{x, shape}
	}
	return all, nil
}

// classes reads AudioSet's names from a table of index, id, name.
func classes(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, row := range rows[1:] {
		names = append(names, row[2])
	}
	return names, nil
}
