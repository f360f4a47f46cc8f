package halfhour

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"
	"testing"

	"earshot/internal/audio"
)

const rate = 24000 // the files' own

// TestHalfHour: the files decode to what the credits say, as long and in both parts, and every line may be passed on.
func TestHalfHour(t *testing.T) {
	r := csv.NewReader(bytes.NewReader(credits))
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	licences := map[string]bool{"CC0": true, "public domain": true, "CC-BY 3.0": true, "CC-BY 4.0": true, "Apache 2.0": true}
	want := map[string]float64{}
	for _, row := range rows[1:] {
		seconds, err := strconv.ParseFloat(row[3], 64)
		if err != nil || !licences[row[4]] || row[5] == "" || row[6] == "" {
			t.Errorf("credits %q: want seconds, a licence that lets it be passed on, author and source", row)
		}
		want[row[0]] += seconds
	}
	paths, err := Put(t.TempDir())
	if err != nil || len(paths) != 2 {
		t.Fatalf("%q, %v", paths, err)
	}
	all := 0.0
	for i, part := range []string{"speech", "music"} {
		f, err := audio.Open(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		m, err := audio.Mono(f, rate, audio.Mix)
		if err != nil {
			t.Fatal(err)
		}
		n, energy := 0, 0.0
		for buf := make([]float32, 1<<15); err == nil; {
			var k int
			k, err = m.Read(buf)
			for _, v := range buf[:k] {
				energy += float64(v * v)
			}
			n += k
		}
		m.Close()
		seconds := float64(n) / rate
		all += seconds
		if math.Abs(seconds-want[part]) > 0.1 {
			t.Errorf("%s: %.1f s, its credits say %g", part, seconds, want[part])
		}
		if level := 10 * math.Log10(energy/float64(n)); level < -30 || level > -10 {
			t.Errorf("%s: %.1f dBFS", part, level)
		}
	}
	if math.Abs(all/60-30) > 0.5 {
		t.Errorf("%.1f min, want half an hour", all/60)
	}
}

// TestDivision: each piece is for one use, half of them judge, and what is given for a use is as long as its pieces.
func TestDivision(t *testing.T) {
	all, err := pieces()
	if err != nil {
		t.Fatal(err)
	}
	judging, err := Judging()
	if err != nil {
		t.Fatal(err)
	}
	want := map[Use]float64{}
	for _, p := range all {
		want[p.use] += p.to - p.from
		if judging("/tmp/x/"+p.part+".ogg", (p.from+p.to)/2) != (p.use == Judges) {
			t.Errorf("%+v: judging or not", p)
		}
	}
	if want[Judges] < 15*60 || want[None] < 5*60 || want[Thresholds] < 5*60 {
		t.Errorf("seconds by use: %v", want)
	}
	for _, use := range []Use{None, Thresholds} {
		clips, each, err := Pieces(use, rate)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range clips {
			if c.Licence == "" || c.Author == "" || c.Title == "" {
				t.Errorf("%+v is owed to nobody", c)
			}
		}
		n, seconds := len(clips), 0.0
		for x, err := range each {
			if err != nil {
				t.Fatal(err)
			}
			seconds += float64(len(x)) / rate
			n--
		}
		if n != 0 || math.Abs(seconds-want[use]) > 0.1 {
			t.Errorf("use %d: %.1f s and %d pieces too few, want %.1f s", use, seconds, n, want[use])
		}
	}
}
