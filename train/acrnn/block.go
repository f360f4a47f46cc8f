package acrnn

import (
	"fmt"

	"earshot/infer/onnx"
)

// bnEpsilon is added to batch variances before the square root.
const bnEpsilon = 1e-5

// convBlock is conv → batch norm → ReLU → max-pool, over the chunks of a batch.
//
// A pooled layer folds sign(γ) into the filters, so that the affine is monotone
// and commutes with the maximum: the raw convolution is pooled, and normalised
// at pooled size, where the chunks are joined (docs/training.md).
func (t *tape) convBlock(xs []value, layer string, c Conv) value {
	w, gamma, beta := t.param(layer+".w"), t.param(layer+".gamma"), t.param(layer+".beta")
	sign := t.Op("Where", []string{t.Op("Less", []string{gamma.name, t.Scalar(0)}), t.Scalar(-1), t.Scalar(1)})
	signedW := t.Mul(w.name, t.Reshape(sign, -1, 1, 1, 1))
	absGamma := t.Mul(gamma.name, sign)

	f := t.filters(signedW, c.Out, c.In, c.KH, c.KW)
	ys, zs := make([]value, len(xs)), make([]value, len(xs))
	for i, x := range xs {
		ys[i] = t.conv(x, f)
		zs[i] = ys[i]
		if c.Pooled() {
			zs[i] = t.maxPool(ys[i], c.PoolH, c.PoolW)
		}
	}
	count := float32(len(xs) * ys[0].shape[0] * ys[0].shape[2] * ys[0].shape[3])
	mean := t.scaled(t.sum(each(ys, func(y value) string { return t.channelSum(y.name, y.shape) })), 1/count)
	square := t.scaled(t.sum(each(ys, func(y value) string { return t.channelSum(t.Mul(y.name, y.name), y.shape) })), 1/count)
	variance := t.Op("Max", []string{t.Sub(square, t.Mul(mean, mean)), t.Scalar(0)})
	inv := t.Div(t.Scalar(1), t.Sqrt(t.Add(variance, t.Scalar(bnEpsilon))))
	t.means = append(t.means, t.Mul(mean, sign))
	t.vars = append(t.vars, variance)

	z := t.joined(zs)
	scale := t.Mul(absGamma, inv)
	shift := t.Sub(beta.name, t.Mul(mean, scale))
	a := value{name: t.Unary("Relu", t.Affine(z.name, scale, shift, c.Out)), shape: z.shape}

	t.onBackward(func() {
		dz := t.Mul(t.grad(a), t.positive(a.name))
		dBeta := t.channelSum(dz, z.shape)
		dScale := t.Sub(t.channelSum(t.Mul(dz, z.name), z.shape), t.Mul(mean, dBeta))
		dVar := t.Mul(t.Mul(absGamma, dScale), t.scaled(t.Mul(t.Mul(inv, inv), inv), -0.5))
		dMean := t.Neg(t.Add(t.Mul(scale, dBeta), t.scaled(t.Mul(dVar, mean), 2)))
		t.addGrad(beta, dBeta)
		t.addGrad(gamma, t.Mul(t.Mul(dScale, inv), sign))

		through := t.split(t.Mul(dz, t.Reshape(scale, -1, 1, 1)), z.shape, len(xs))
		perY, perOne := t.scaled(dVar, 2/count), t.scaled(dMean, 1/count)
		back := t.flipped(signedW, c.Out, c.In, c.KH, c.KW)
		dys := make([]value, len(xs))
		for i, y := range ys {
			d := through[i].name
			if c.Pooled() {
				d = t.unpool(y, zs[i], d, c)
			}
			dys[i] = value{name: t.Add(d, t.Affine(y.name, perY, perOne, c.Out)), shape: y.shape}
			if !xs[i].data {
				t.addGrad(xs[i], t.conv(dys[i], back).name)
			}
		}
		dw := t.convWeightGrad(xs, dys, c.KH, c.KW)
		t.addGrad(w, t.Mul(dw, t.Reshape(sign, -1, 1, 1, 1)))
	})
	return a
}

// unpool spreads the gradient dz of z = maxpool(y) over y: to the positions
// that equal their maximum, in equal parts where several do (digital silence
// makes such ties). Frames are stretched by an exact 0/1 matrix product, bands
// by broadcasting.
func (t *tape) unpool(y, z value, dz string, c Conv) string {
	n, ch, h, w := z.shape[0], z.shape[1], z.shape[2], z.shape[3]
	width := y.shape[3]
	if y.shape[2] != h*c.PoolH {
		panic(fmt.Sprintf("acrnn: pooling %d bands by %d leaves a remainder", y.shape[2], c.PoolH))
	}
	stretch := t.stretchMatrix(w, width, c.PoolW)
	up := func(v string) string {
		if c.PoolW > 1 {
			v = t.MatMul(t.Reshape(v, -1, w), stretch)
		}
		return t.Reshape(v, n*ch*h, 1, width)
	}
	yb := t.Reshape(y.name, n*ch*h, c.PoolH, width)
	hit := t.Op("Cast", []string{t.Op("Equal", []string{yb, up(z.name)})}, onnx.Attr{Name: "to", Value: int(onnx.Float)})
	ties := t.Reshape(hit, n*ch*h, c.PoolH*width)
	switch {
	case c.PoolW == 1:
		ties = t.ReduceSum(hit, false, 1)
	case c.PoolH*width <= 128: // both sums in one product
		ties = t.MatMul(ties, t.poolMatrix(c.PoolH, width, c.PoolW))
	default:
		ties = t.MatMul(t.ReduceSum(hit, false, 1), t.poolMatrix(1, width, c.PoolW))
	}
	share := t.Div(dz, t.Reshape(ties, n, ch, h, w))
	return t.Reshape(t.Mul(hit, up(share)), n, ch, y.shape[2], width)
}

// poolMatrix is the (rows·from, from/k) 0/1 matrix that sums rows and, within them, each k
// columns; columns past the last whole k count nowhere.
func (t *tape) poolMatrix(rows, from, k int) string {
	to := from / k
	m := make([]float32, rows*from*to)
	for i := range rows * from {
		if j := i % from / k; j < to {
			m[i*to+j] = 1
		}
	}
	return t.Floats("", m, rows*from, to)
}

// stretchMatrix is the (from,to) 0/1 matrix that repeats each column k times; columns past from·k are zero.
func (t *tape) stretchMatrix(from, to, k int) string {
	m := make([]float32, from*to)
	for i := range from * k {
		m[i/k*to+i] = 1
	}
	return t.Floats("", m, from, to)
}
