package acrnn

import "math"

// slowConv is the stride-1 'same' cross-correlation of x (N,Ci,H,W) with w (Co,Ci,kh,kw).
func slowConv(x array, w []float64, co, kh, kw int) array {
	n, ci, h, wd := x.dims[0], x.dims[1], x.dims[2], x.dims[3]
	y := newArray(n, co, h, wd)
	for i := range n {
		for o := range co {
			dst := y.x[(i*co+o)*h*wd : (i*co+o+1)*h*wd]
			for c := range ci {
				src := x.x[(i*ci+c)*h*wd : (i*ci+c+1)*h*wd]
				for k := range kh * kw {
					tap(dst, src, h, wd, k/kw-kh/2, k%kw-kw/2, w[(o*ci+c)*kh*kw+k])
				}
			}
		}
	}
	return y
}

// tap adds v·src, moved by (di,dj), to dst; both (h,w).
func tap(dst, src []float64, h, w, di, dj int, v float64) {
	from, to := max(0, -dj), min(w, w-dj)
	for i := max(0, -di); i < min(h, h-di); i++ {
		d, s := dst[i*w+from:i*w+to], src[(i+di)*w+from+dj:(i+di)*w+to+dj]
		for j := range d {
			d[j] += v * s[j]
		}
	}
}

// convBlock is conv → batch norm with the batch's own biased variance → ReLU → max-pool,
// in that order: nothing is folded or exchanged as in the graph.
func (o *oracle) convBlock(x array, c Conv, w, gamma, beta []float64) array {
	y := slowConv(x, w, c.Out, c.KH, c.KW)
	n, plane := y.dims[0], y.dims[2]*y.dims[3]
	for ch := range c.Out {
		mean, square := 0.0, 0.0
		each := func(f func(p *float64)) {
			for i := range n {
				for k := range plane {
					f(&y.x[(i*c.Out+ch)*plane+k])
				}
			}
		}
		each(func(p *float64) { mean += *p / float64(n*plane) })
		each(func(p *float64) { square += (*p - mean) * (*p - mean) / float64(n*plane) })
		scale := gamma[ch] / math.Sqrt(square+bnEpsilon)
		each(func(p *float64) { *p = math.Max(0, (*p-mean)*scale+beta[ch]) })
		if len(o.means) < o.a.StatSize() { // the first, unperturbed run
			o.means, o.vars = append(o.means, mean), append(o.vars, square)
		}
	}
	return slowMaxPool(y, c.PoolH, c.PoolW)
}

func slowMaxPool(x array, ph, pw int) array {
	h, w := x.dims[2], x.dims[3]
	y := newArray(x.dims[0], x.dims[1], h/ph, w/pw)
	for p := range x.dims[0] * x.dims[1] {
		for i := range h / ph {
			for j := range w / pw {
				top := math.Inf(-1)
				for k := range ph * pw {
					top = math.Max(top, x.x[(p*h+i*ph+k/pw)*w+j*pw+k%pw])
				}
				y.x[(p*(h/ph)+i)*(w/pw)+j] = top
			}
		}
	}
	return y
}

// slowCNNAttention: α_t = σ or softmax over t of (b + mean over bands of conv3×3(x)), y = α·x;
// softmax weights are scaled to mean 1.
func slowCNNAttention(x array, w []float64, b float64, softmax bool) array {
	n, c, h, wd := x.dims[0], x.dims[1], x.dims[2], x.dims[3]
	a := slowConv(x, w, 1, 3, 3)
	y := newArray(x.dims...)
	for i := range n {
		s := make([]float64, wd)
		for t := range s {
			s[t] = b
			for k := range h {
				s[t] += a.x[(i*h+k)*wd+t] / float64(h)
			}
		}
		alpha := softmax64(s)
		for t := range s {
			alpha[t] *= float64(wd)
			if !softmax {
				alpha[t] = sigmoid64(s[t])
			}
		}
		for k := i * c * h * wd; k < (i+1)*c*h*wd; k++ {
			y.x[k] = x.x[k] * alpha[k%wd]
		}
	}
	return y
}

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// slowSequence turns (N,C,H,T) into (T,N,C·H).
func slowSequence(x array) array {
	n, c, h, steps := x.dims[0], x.dims[1], x.dims[2], x.dims[3]
	y := newArray(steps, n, c*h)
	for i := range n {
		for k := range c * h {
			for t := range steps {
				y.x[(t*n+i)*c*h+k] = x.x[(i*c*h+k)*steps+t]
			}
		}
	}
	return y
}

// slowBiGRU follows the ONNX GRU operator, linear_before_reset = 1, gates z, r, h.
// w (2,3H,D), r (2,3H,H), wb and rb (2,3H); x (T,N,D) → (T,N,2H).
func slowBiGRU(x array, hidden int, w, r, wb, rb []float64) array {
	steps, n, d := x.dims[0], x.dims[1], x.dims[2]
	y := newArray(steps, n, 2*hidden)
	dot := func(row, v []float64) (s float64) {
		for i := range v {
			s += row[i] * v[i]
		}
		return s
	}
	for dir := range 2 {
		for i := range n {
			h := make([]float64, hidden)
			for k := range steps {
				t := k
				if dir == 1 {
					t = steps - 1 - k
				}
				in, next := x.x[(t*n+i)*d:(t*n+i+1)*d], make([]float64, hidden)
				xw := func(j int) float64 { j += dir * 3 * hidden; return dot(w[j*d:(j+1)*d], in) + wb[j] }
				hr := func(j int) float64 { j += dir * 3 * hidden; return dot(r[j*hidden:(j+1)*hidden], h) + rb[j] }
				for j := range hidden {
					z, reset := sigmoid64(xw(j)+hr(j)), sigmoid64(xw(hidden+j)+hr(hidden+j))
					next[j] = (1-z)*math.Tanh(xw(2*hidden+j)+reset*hr(2*hidden+j)) + z*h[j]
				}
				h = next
				copy(y.x[(t*n+i)*2*hidden+dir*hidden:], h)
			}
		}
	}
	return y
}

// slowFrameAttention is β (T,N) = softmax over t of h_t·w.
func slowFrameAttention(h array, w []float64) array {
	steps, n, d := h.dims[0], h.dims[1], h.dims[2]
	beta := newArray(steps, n)
	for i := range n {
		e := make([]float64, steps)
		for t := range e {
			for j := range d {
				e[t] += h.x[(t*n+i)*d+j] * w[j]
			}
		}
		for t, v := range softmax64(e) {
			beta.x[t*n+i] = v
		}
	}
	return beta
}
