package acrnn

// biGRU runs a bidirectional GRU layer over x (T,N,D) and returns (T,N,2H),
// forward cells first. Equations and gate order (z, r, h) are those of the ONNX
// GRU operator with linear_before_reset = 1:
//
//	z = σ(Wz x + Rz h + bz)   r = σ(Wr x + Rr h + br)
//	n = tanh(Wh x + bwh + r ⊙ (Rh h + brh))
//	h' = n + z ⊙ (h − n)
func (t *tape) biGRU(x value, layer string, hidden int) value {
	steps, n := x.shape[0], x.shape[1]
	out := make([]string, 2)
	passes := make([]*gruPass, 2)
	for d := range 2 {
		passes[d] = t.gruDirection(x, layer, d, hidden)
		out[d] = t.Concat(0, passes[d].states...)
	}
	y := value{name: t.Concat(2, out...), shape: []int{steps, n, 2 * hidden}}
	t.onBackward(func() {
		halves := t.Split(t.grad(y), 2, hidden, hidden)
		for p := range 2 { // both directions' parameter gradients, stacked as the parameters are
			passes[p].backward(t, halves[p])
		}
		for i, name := range []string{".w", ".r", ".wb", ".rb"} {
			t.addGrad(t.param(layer+name), t.Concat(0, passes[0].grads[i], passes[1].grads[i]))
		}
		t.addGrad(x, t.Add(passes[0].dx, passes[1].dx))
	})
	return y
}

// gruStep holds what one step's backward pass needs.
type gruStep struct{ z, r, n, hh, prev string }

// gruPass is one direction of a layer.
type gruPass struct {
	x      value
	w, r   string // (3H,D), (3H,H)
	hidden int
	order  []int    // time indices in the order they are visited
	states []string // (1,N,H) by time index
	steps  []gruStep
	dx     string
	grads  [4]string // w, r, wb, rb with a leading 1
}

func (t *tape) gruDirection(x value, layer string, d, hidden int) *gruPass {
	steps, n := x.shape[0], x.shape[1]
	pick := func(name string, dims ...int) string {
		return t.Reshape(t.Slice(t.param(layer+name).name, 0, d, d+1, 1), dims...)
	}
	p := &gruPass{x: x, w: pick(".w", 3*hidden, -1), r: pick(".r", 3*hidden, hidden), hidden: hidden,
		states: make([]string, steps), steps: make([]gruStep, steps)}
	wb, rb := pick(".wb", 3*hidden), pick(".rb", 3*hidden)
	for i := range steps {
		if d == 1 {
			i = steps - 1 - i
		}
		p.order = append(p.order, i)
	}
	sizes := make([]int, steps)
	for i := range sizes {
		sizes[i] = 1
	}
	xp := t.Split(t.Add(t.MatMul(x.name, t.Transpose(p.w, 1, 0)), wb), 0, sizes...) // each (1,N,3H)
	rt := t.Transpose(p.r, 1, 0)
	h := t.Floats("", make([]float32, n*hidden), 1, n, hidden)
	for _, i := range p.order {
		hp := t.Split(t.Add(t.MatMul(h, rt), rb), 2, 2*hidden, hidden)
		xs := t.Split(xp[i], 2, 2*hidden, hidden)
		zr := t.Split(t.Unary("Sigmoid", t.Add(xs[0], hp[0])), 2, hidden, hidden)
		nn := t.Unary("Tanh", t.Add(xs[1], t.Mul(zr[1], hp[1])))
		p.steps[i] = gruStep{z: zr[0], r: zr[1], n: nn, hh: hp[1], prev: h}
		h = t.Add(nn, t.Mul(zr[0], t.Sub(h, nn)))
		p.states[i] = h
	}
	return p
}

// backward emits the gradients of one direction for dy (T,N,H).
func (p *gruPass) backward(t *tape, dy string) {
	steps, n, h := p.x.shape[0], p.x.shape[1], p.hidden
	sizes := make([]int, steps)
	for i := range sizes {
		sizes[i] = 1
	}
	dys := t.Split(dy, 0, sizes...)
	dxp, dhp, prev := make([]string, steps), make([]string, steps), make([]string, steps)
	carry := ""
	one := t.Scalar(1)
	for k := steps - 1; k >= 0; k-- {
		i := p.order[k]
		s := p.steps[i]
		dh := dys[i]
		if carry != "" {
			dh = t.Add(dh, carry)
		}
		keep := t.Sub(one, s.z)
		dn := t.Mul(t.Mul(dh, keep), t.Sub(one, t.Mul(s.n, s.n)))
		dz := t.Mul(t.Mul(dh, t.Sub(s.prev, s.n)), t.Mul(s.z, keep))
		dhh := t.Mul(dn, s.r)
		dr := t.Mul(t.Mul(dn, s.hh), t.Mul(s.r, t.Sub(one, s.r)))
		dzr := t.Concat(2, dz, dr)
		dxp[i], dhp[i], prev[i] = t.Concat(2, dzr, dn), t.Concat(2, dzr, dhh), s.prev
		carry = t.Add(t.Mul(dh, s.z), t.MatMul(dhp[i], p.r))
	}
	rows := func(parts []string, width int) string { return t.Reshape(t.Concat(0, parts...), steps*n, width) }
	dX, dH, hs := rows(dxp, 3*h), rows(dhp, 3*h), rows(prev, h)
	in := p.x.shape[2]
	dXt, dHt := t.Transpose(dX, 1, 0), t.Transpose(dH, 1, 0)
	p.grads[0] = t.Reshape(t.MatMul(dXt, t.Reshape(p.x.name, steps*n, in)), 1, 3*h, in)
	p.grads[1] = t.Reshape(t.MatMul(dHt, hs), 1, 3*h, h)
	p.grads[2] = t.Reshape(t.ReduceSum(dX, false, 0), 1, 3*h)
	p.grads[3] = t.Reshape(t.ReduceSum(dH, false, 0), 1, 3*h)
	p.dx = t.Reshape(t.MatMul(dX, p.w), steps, n, in)
}

// sequence turns (N,C,H,T) into the GRU's (T,N,C·H).
func (t *tape) sequence(x value) value {
	n, c, h, steps := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	y := value{name: t.Reshape(t.Transpose(x.name, 3, 0, 1, 2), steps, n, c*h), shape: []int{steps, n, c * h}}
	t.onBackward(func() {
		t.addGrad(x, t.Transpose(t.Reshape(t.grad(y), steps, n, c, h), 1, 2, 3, 0))
	})
	return y
}

// dropout multiplies by a mask made by the caller (0 or 1/(1−p), same shape as x).
func (t *tape) dropout(x value, mask string) value {
	y := value{name: t.Mul(x.name, mask), shape: x.shape}
	t.onBackward(func() { t.addGrad(x, t.Mul(t.grad(y), mask)) })
	return y
}

// dense is v·W + b → (N,K).
func (t *tape) dense(v value) value {
	w, b := t.param("dense.w"), t.param("dense.b")
	y := value{name: t.Add(t.MatMul(v.name, w.name), b.name), shape: []int{v.shape[0], w.shape[1]}}
	t.onBackward(func() {
		d := t.grad(y)
		t.addGrad(b, t.ReduceSum(d, false, 0))
		t.addGrad(w, t.MatMul(t.Transpose(v.name, 1, 0), d))
		t.addGrad(v, t.MatMul(d, t.Transpose(w.name, 1, 0)))
	})
	return y
}
