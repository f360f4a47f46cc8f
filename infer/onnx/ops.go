package onnx

// One-output wrappers for the standard operators that earshot's graphs use.
// Arguments and results are value names.

// Add returns a+b (broadcast).
func (g *Graph) Add(a, b string) string { return g.Op("Add", []string{a, b}) }

// Sub returns a−b (broadcast).
func (g *Graph) Sub(a, b string) string { return g.Op("Sub", []string{a, b}) }

// Mul returns a·b (broadcast).
func (g *Graph) Mul(a, b string) string { return g.Op("Mul", []string{a, b}) }

// Div returns a/b (broadcast).
func (g *Graph) Div(a, b string) string { return g.Op("Div", []string{a, b}) }

// MatMul returns the (batched) matrix product.
func (g *Graph) MatMul(a, b string) string { return g.Op("MatMul", []string{a, b}) }

// Sqrt returns √a.
func (g *Graph) Sqrt(a string) string { return g.Op("Sqrt", []string{a}) }

// Neg returns −a.
func (g *Graph) Neg(a string) string { return g.Op("Neg", []string{a}) }

// Unary appends a one-input operator without attributes.
func (g *Graph) Unary(op, a string) string { return g.Op(op, []string{a}) }

// Reshape gives a the shape dims (0 copies, −1 infers).
func (g *Graph) Reshape(a string, dims ...int) string {
	return g.Op("Reshape", []string{a, g.Int64s(dims...)})
}

// Transpose permutes the axes of a.
func (g *Graph) Transpose(a string, perm ...int) string {
	return g.Op("Transpose", []string{a}, Attr{"perm", perm})
}

// ReduceSum sums over axes; keep leaves them as 1.
func (g *Graph) ReduceSum(a string, keep bool, axes ...int) string {
	k := 0
	if keep {
		k = 1
	}
	return g.Op("ReduceSum", []string{a, g.Int64s(axes...)}, Attr{"keepdims", k})
}

// Slice takes a[start:end:step] along one axis.
func (g *Graph) Slice(a string, axis, start, end, step int) string {
	return g.Op("Slice", []string{a, g.Int64s(start), g.Int64s(end), g.Int64s(axis), g.Int64s(step)})
}

// Concat joins values along axis.
func (g *Graph) Concat(axis int, in ...string) string {
	return g.Op("Concat", in, Attr{"axis", axis})
}

// Split cuts a into pieces of the given sizes along axis.
func (g *Graph) Split(a string, axis int, sizes ...int) []string {
	return g.Node("", "Split", len(sizes), []string{a, g.Int64s(sizes...)}, Attr{"axis", axis})
}

// Pad adds zeros; pads is begin… end… over all axes, negative values crop.
func (g *Graph) Pad(a string, pads ...int) string {
	return g.Op("Pad", []string{a, g.Int64s(pads...)})
}

// Conv is a stride-1 2-D convolution; pads is top, left, bottom, right. bias may be "".
func (g *Graph) Conv(x, w, bias string, kernel [2]int, pads [4]int) string {
	in := []string{x, w}
	if bias != "" {
		in = append(in, bias)
	}
	return g.Op("Conv", in, Attr{"kernel_shape", kernel[:]}, Attr{"pads", pads[:]}, Attr{"strides", []int{1, 1}})
}

// MaxPool pools with stride equal to the kernel, dropping what does not fill one.
func (g *Graph) MaxPool(x string, kernel [2]int) string {
	return g.Op("MaxPool", []string{x}, Attr{"kernel_shape", kernel[:]}, Attr{"strides", kernel[:]})
}

// Affine returns x·scale+shift per channel (axis 1): inference-mode BatchNormalization
// with mean 0 and variance 1, which reads and writes x once.
func (g *Graph) Affine(x, scale, shift string, channels int) string {
	zero, one := make([]float32, channels), make([]float32, channels)
	for i := range one {
		one[i] = 1
	}
	return g.Op("BatchNormalization", []string{x, scale, shift, g.Floats("", zero, channels), g.Floats("", one, channels)},
		Attr{"epsilon", float32(0)})
}
