package acrnn

// The first two layers work on the batch in chunks of clips. Their activations
// are large (8 MB a clip at each of five places); what the backward pass makes
// on the way exists for one chunk at a time, which bounds the memory.

// chunkClips is how many clips a chunk has where that divides the batch. At
// batch 64 a step peaks at 1.2 GB with 2 to 4, at 1.8 GB with all 64. Few are
// best for one thread (5 % less work, as a chunk stays in the cache), but two
// threads lose about as much by meeting more often.
const chunkClips = 32

// chunks is into how many a batch of n clips is cut.
func (t *tape) chunks(n int) int {
	clips := min(t.chunkClips, n)
	for n%clips != 0 {
		clips--
	}
	return n / clips
}

// split cuts a batch x (N,…) into k chunks.
func (t *tape) split(x string, shape []int, k int) []value {
	chunk := append([]int{shape[0] / k}, shape[1:]...)
	if k == 1 {
		return []value{{name: x, shape: chunk}}
	}
	sizes, out := make([]int, k), make([]value, k)
	for i := range sizes {
		sizes[i] = chunk[0]
	}
	for i, name := range t.Split(x, 0, sizes...) {
		out[i] = value{name: name, shape: chunk}
	}
	return out
}

// joined is the batch that chunks were cut from.
func (t *tape) joined(chunks []value) value {
	if len(chunks) == 1 {
		return chunks[0]
	}
	names := make([]string, len(chunks))
	for i, c := range chunks {
		names[i] = c.name
	}
	shape := append([]int{len(chunks) * chunks[0].shape[0]}, chunks[0].shape[1:]...)
	return value{name: t.Concat(0, names...), shape: shape}
}

// sum adds values of one shape.
func (t *tape) sum(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return t.Op("Sum", parts)
}

// each applies f to chunks.
func each(chunks []value, f func(value) string) []string {
	out := make([]string, len(chunks))
	for i, c := range chunks {
		out[i] = f(c)
	}
	return out
}
