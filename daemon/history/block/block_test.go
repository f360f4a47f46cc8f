package block

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
)

// TestSteps: a score reaches a threshold of three digits exactly when its steps do.
func TestSteps(t *testing.T) {
	check := func(score float64) {
		t.Helper()
		n := Steps(score)
		if n > Scale || Score(n) > math.Max(score, 0) || n < Scale && Score(n+1) <= score {
			t.Errorf("%v has %d steps", score, n)
		}
	}
	for i := range Scale + 1 {
		threshold, err := strconv.ParseFloat(strconv.FormatFloat(float64(i)/Scale, 'f', 3, 64), 64)
		if err != nil || threshold != Score(uint16(i)) {
			t.Fatalf("%d thousandths are %v, read as %v", i, Score(uint16(i)), threshold)
		}
		check(threshold)
		check(math.Nextafter(threshold, 0))
		check(math.Nextafter(threshold, 2))
	}
	for range 10000 {
		check(rand.Float64())
		check(float64(rand.Float32()))
	}
	if Steps(math.NaN()) != 0 || Steps(-1) != 0 || Steps(7) != Scale {
		t.Error("what is no probability")
	}
}

// random is a block of n windows hop samples apart; of the labels, so many score above the floor in each.
func random(rng *rand.Rand, n, labels, heard int, hop int64) *Block {
	b := &Block{Floor: Floor}
	for i := range labels {
		b.Labels = append(b.Labels, "label_number_"+strconv.Itoa(i))
	}
	end := rng.Int64N(1 << 40)
	for range n {
		if end += hop; rng.IntN(20) == 0 {
			end += rng.Int64N(1e6)
		}
		b.Windows = append(b.Windows, Window{End: end, Break: uint8(rng.IntN(30) / 29), From: len(b.Marks)})
		from := rng.IntN(labels)
		for k := range heard {
			b.Marks = append(b.Marks, Mark{uint16((from + k) % labels), uint16(Floor + rng.IntN(Scale-Floor+1))})
		}
	}
	return b
}

// scores is what a block says, by window and label.
func scores(b *Block, floor uint16) map[int]map[string]uint16 {
	all := map[int]map[string]uint16{}
	for i := range b.Windows {
		all[i] = map[string]uint16{}
		for _, m := range b.Of(i) {
			if m.Steps >= floor {
				all[i][b.Labels[m.Label]] = m.Steps
			}
		}
	}
	return all
}

// TestPack: what fits comes back as it was; what does not comes back above a floor, and within the limit: noise at the
// highest rate of windows too.
func TestPack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var p Packer
	for _, c := range []struct {
		windows, labels, heard, limit int
		whole                         bool
	}{{1, 1, 1, 1000, true}, {81, 52, 0, 1000, true}, {81, 52, 3, 4000, true}, {81, 52, 52, 1380, false}, {646, 52, 52, 1380, false}} {
		b := random(rng, c.windows, c.labels, c.heard, 5512)
		packed, floor := p.Pack(b, c.limit)
		if len(packed) > c.limit || (floor == Floor) != c.whole {
			t.Errorf("%+v: %d bytes above %d steps", c, len(packed), floor)
		}
		got, err := Unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range got.Windows {
			if w.End != b.Windows[i].End || w.Break != b.Windows[i].Break {
				t.Fatalf("window %d is %+v, was %+v", i, w, b.Windows[i])
			}
		}
		if got.Floor != floor || !reflect.DeepEqual(scores(got, floor), scores(b, floor)) {
			t.Errorf("%+v: other scores above %d steps", c, floor)
		}
	}
}

// TestDay prints what a day of one source takes: of a room in which three sounds are always taken for possible.
func TestDay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var p Packer
	size := 0
	for range 60 {
		packed, _ := p.Pack(random(rng, 81, 52, 3, 32768), 1380)
		size += len(packed)
	}
	t.Logf("%.2f MB a day", float64(size)*24/1e6)
	if size*24 > 2e6 {
		t.Errorf("%d bytes a day", size*24)
	}
}

func FuzzUnpack(f *testing.F) {
	var p Packer
	packed, _ := p.Pack(random(rand.New(rand.NewPCG(1, 2)), 10, 5, 2, 32768), 4000)
	f.Add(packed)
	f.Fuzz(func(t *testing.T, packed []byte) {
		b, err := Unpack(packed)
		if err != nil {
			return
		}
		for i := range b.Windows {
			for _, m := range b.Of(i) {
				_ = b.Labels[m.Label]
			}
		}
	})
}

func BenchmarkPack(b *testing.B) {
	var p Packer
	x := random(rand.New(rand.NewPCG(1, 2)), 81, 52, 3, 32768)
	for b.Loop() {
		p.Pack(x, 1380)
	}
}
