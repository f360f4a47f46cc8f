package batches

import (
	"math"
	"math/rand/v2"
	"sort"

	"earshot/train"
	"earshot/train/features"
)

// backgrounds draws windows' backgrounds. Within a kind a clip comes as often as it is long, so that an hour of speech in one
// file is drawn as often as in a thousand. A kind comes as often as the root of its length says: ten hours of music do not
// drown the quarter of an hour that there is of kitchens.
type backgrounds struct {
	clips []*features.Clip
	upTo  []float64 // the sum of the weights up to each clip
}

const fiveSeconds = 429 // frames; what is shorter counts as much

func newBackgrounds(d *train.Data) backgrounds {
	length := make([]float64, len(d.Quiet))
	kind := map[string]float64{}
	for i, c := range d.Quiet {
		length[i] = max(fiveSeconds, float64(c.Frames))
		kind[d.Kinds[i]] += length[i]
	}
	b := backgrounds{clips: d.Quiet}
	sum := 0.0
	for i, l := range length {
		sum += l / math.Sqrt(kind[d.Kinds[i]])
		b.upTo = append(b.upTo, sum)
	}
	return b
}

// draw takes one; there is at least one.
func (b backgrounds) draw(rng *rand.Rand) *features.Clip {
	at := rng.Float64() * b.upTo[len(b.upTo)-1]
	return b.clips[min(sort.SearchFloat64s(b.upTo, at), len(b.clips)-1)]
}
