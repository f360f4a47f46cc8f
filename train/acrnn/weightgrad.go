package acrnn

// convWeightGrad is the gradient of conv with respect to w:
//
//	dW[o,i,a,b] = Σ_{n,h,t} dY[n,o,h,t] · X[n,i,h+a−kh/2,t+b−kw/2]
//
// computed as matrix products over positions, X shifted along bands and dY
// (the other way) along frames, so that all kh·kw taps come out of one product
// of (Co·kw)×(positions) and (positions)×(Ci·kh).
//
// The batch may come in chunks, whose gradients are summed.
func (t *tape) convWeightGrad(xs, dys []value, kh, kw int) string {
	ci, co := xs[0].shape[1], dys[0].shape[1]
	if xs[0].shape[2]*xs[0].shape[3] >= t.batchedPositions {
		var parts []string
		for i := range xs {
			parts = append(parts, t.clipProducts(xs[i], dys[i], kh, kw)...)
		}
		d := t.Transpose(t.Reshape(t.sum(parts), co, kw, ci, kh), 0, 2, 3, 1)
		if kh > 1 { // X's copies lie in falling order of the tap
			d = t.Slice(d, 2, -1, -kh-1, -1)
		}
		return d
	}
	var parts []string
	for i := range xs {
		a := t.shiftedChannelMajor(dys[i], 3, kw, -1) // (kw·Co, N·H·W)
		b := t.shiftedChannelMajor(xs[i], 2, kh, 1)
		parts = append(parts, t.MatMul(a, t.Transpose(b, 1, 0)))
	}
	return t.Transpose(t.Reshape(t.sum(parts), kw, co, kh, ci), 1, 3, 2, 0)
}

// From how many positions on the weight gradient is formed one product a clip,
// and how many numbers of shifted copies may lie there at once: 20e6 are 80 MB,
// four clips of the second layer. Measured: more leave the processor's cache,
// fewer let threads wait for each other.
const (
	batchedPositions = 300
	chunkNumbers     = 20e6
)

// clipProducts forms one product a clip, (Co·kw, Ci·kh), summed over pieces of
// the batch that bound the memory of the shifted copies.
func (t *tape) clipProducts(x, dy value, kh, kw int) (parts []string) {
	n, ci, co := x.shape[0], x.shape[1], dy.shape[1]
	l := newLags(x.shape[2], x.shape[3], kh, kw)
	piece := n
	for piece%2 == 0 && float64(piece*l.length*(kw*co+kh*ci)) > t.chunkNumbers {
		piece /= 2
	}
	for from := 0; from < n; from += piece {
		a := t.copies(l, dy, from, piece, kw, l.leadY, 1)
		b := t.copies(l, x, from, piece, kh, l.leadX, l.width)
		parts = append(parts, t.ReduceSum(t.MatMul(a, t.Transpose(b, 0, 2, 1)), false, 0))
	}
	return parts
}

// lags lays planes out in rows of one length so that shifts along bands and
// frames are nothing but offsets: rows end in enough zeros (kw/2) that a shift
// along frames reads no neighbour, and the plane lies in zeros.
//
// X's copy j stands j·width later than its first, dY's copy j stands j later;
// their leads are such that dY's copy b against X's copy kh−1−a is tap (a,b).
type lags struct {
	width        int // of a band's frames with their zeros
	plane        int // of a channel
	length       int // of a row: what matrix products sum over
	leadX, leadY int // zeros before the first copy in its row
}

func newLags(h, w, kh, kw int) lags {
	l := lags{width: w + kw/2}
	l.plane = h * l.width
	l.leadY = kh/2*l.width - kw/2
	l.leadX = max(0, -l.leadY)
	l.leadY += l.leadX
	l.length = l.plane + max(l.leadX+(kh-1)*l.width, l.leadY+kw-1)
	return l
}

// copies returns clips from … from+chunk−1 of v (N,C,H,W) as (chunk, C·k, length): k copies
// of each channel, each by step later than the one before. One Concat writes them all: rows
// of one length are cut from a string of planes with zeros between.
func (t *tape) copies(l lags, v value, from, chunk, k, lead, step int) string {
	n, c, w := v.shape[0], v.shape[1], v.shape[3]
	x := v.name
	if chunk != n || l.width != w {
		x = t.Pad(x, -from, 0, 0, 0, from+chunk-n, 0, 0, l.width-w)
	}
	x = t.Reshape(x, chunk, c, l.plane)
	var parts []string
	zeros := func(n int) {
		if n > 0 {
			parts = append(parts, t.Floats("", make([]float32, chunk*c*n), chunk, c, n))
		}
	}
	zeros(lead)
	for j := range k {
		parts = append(parts, x)
		if j < k-1 {
			zeros(l.length + step - l.plane)
		}
	}
	zeros(l.length - l.plane - lead - (k-1)*step)
	return t.Reshape(t.Concat(2, parts...), chunk, c*k, l.length)
}

// shiftedChannelMajor returns x (N,C,H,W) as (k·C, N·H·W), k copies of all channels, copy j
// moved by sign·(j−k/2) along axis with zeros coming in: a look-ahead for sign +1, a
// look-behind for −1.
func (t *tape) shiftedChannelMajor(x value, axis, k, sign int) string {
	major := t.Transpose(x.name, 1, 0, 2, 3)
	copies := make([]string, k)
	for j := range copies {
		copies[j] = major
		if s := sign * (j - k/2); s != 0 {
			pads := make([]int, 8)
			pads[axis], pads[axis+4] = -s, s
			copies[j] = t.Pad(major, pads...)
		}
	}
	joined := copies[0]
	if k > 1 {
		joined = t.Concat(0, copies...)
	}
	return t.Reshape(joined, k*x.shape[1], x.shape[0]*x.shape[2]*x.shape[3])
}
