package stream

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"
)

// golden is testdata/psds.json; testdata/README.md says how it was made.
type golden struct {
	Seed    int      `json:"seed"`
	Classes []string `json:"classes"`
	Files   [][2]any `json:"files"` // name, s
	Truth   []row    `json:"truth"`
	Points  [][]row  `json:"points"`
	Scores  []struct {
		PSDSOptions
		PSDS float64     `json:"psds"`
		TPR  [][]float64 `json:"tpr"` // (operating point, class)
		FPR  [][]float64 `json:"fpr"`
	} `json:"scores"`
}

type row [4]any // file, onset, offset, label

func (g golden) recordings() (out []Recording, points []Point) {
	at := map[string]int{}
	for i, f := range g.Files {
		at[f[0].(string)] = i
		out = append(out, Recording{Name: f[0].(string), Seconds: f[1].(float64)})
	}
	for _, r := range g.Truth {
		i := at[r[0].(string)]
		out[i].References = append(out[i].References, Reference{r[3].(string), r[1].(float64), r[2].(float64)})
	}
	for n, rows := range g.Points {
		p := Point{Threshold: float64(n), Found: make([][]Found, len(out))}
		for _, r := range rows {
			i := at[r[0].(string)]
			p.Found[i] = append(p.Found[i], Found{Label: r[3].(string), Onset: r[1].(float64), End: r[2].(float64)})
		}
		points = append(points, p)
	}
	return out, points
}

// TestPSDSAgainstTheAuthorsProgram holds score and rates of seeded random cases
// against psds_eval's.
func TestPSDSAgainstTheAuthorsProgram(t *testing.T) {
	text, err := os.ReadFile("testdata/psds.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	const tolerance = 1e-9
	for _, g := range cases {
		recordings, points := g.recordings()
		for _, want := range g.Scores {
			name := fmt.Sprintf("seed %d, %+v", g.Seed, want.PSDSOptions)
			if got := PSDS(g.Classes, recordings, points, want.PSDSOptions); math.Abs(got-want.PSDS) > tolerance {
				t.Errorf("%s: %.9f, psds_eval says %.9f", name, got, want.PSDS)
			}
			truth := newTruth(g.Classes, recordings)
			for i, p := range points {
				r := truth.rates(p.Found, want.PSDSOptions)
				for k := range g.Classes {
					if math.Abs(r.hit[k]-want.TPR[i][k]) > tolerance || math.Abs(r.alone[k]-want.FPR[i][k]) > tolerance {
						t.Errorf("%s, point %d, %s: %g hit and %g false an hour, psds_eval says %g and %g", name, i, g.Classes[k], r.hit[k], r.alone[k], want.TPR[i][k], want.FPR[i][k])
					}
				}
			}
		}
	}
}

func TestPSDSBounds(t *testing.T) {
	r := []Recording{{Seconds: 3600, References: []Reference{{"a", 10, 12}, {"b", 20, 25}}}}
	perfect := Point{Found: [][]Found{{{Label: "a", Onset: 10, End: 12}, {Label: "b", Onset: 20, End: 25}}}}
	silent := Point{Found: [][]Found{nil}}
	for _, c := range []struct {
		name   string
		labels []string
		points []Point
		want   float64
	}{
		{"all found", []string{"a", "b"}, []Point{perfect}, 1},
		{"nothing found", []string{"a", "b"}, []Point{silent}, 0},
		{"no operating point", []string{"a", "b"}, nil, 0},
		{"no reference", []string{"c"}, []Point{perfect}, 0},
		{"one label alone", []string{"a"}, []Point{perfect}, 1},
		{"a label without reference is left out", []string{"a", "b", "c"}, []Point{perfect}, 1},
	} {
		for _, o := range []PSDSOptions{PSDS1, PSDS2} {
			if got := PSDS(c.labels, r, c.points, o); got != c.want {
				t.Errorf("%s, %+v: %g, want %g", c.name, o, got, c.want)
			}
		}
	}
}

// Events of one label that overlap count once, and as one.
func TestPSDSJoinsOverlappingEvents(t *testing.T) {
	r := []Recording{{Seconds: 600, References: []Reference{{"a", 10, 14}, {"a", 13, 18}, {"a", 100, 100}}}}
	p := Point{Found: [][]Found{{{Label: "a", Onset: 10, End: 15}, {Label: "a", Onset: 12, End: 18}}}}
	if got := PSDS([]string{"a"}, r, []Point{p}, PSDS1); got != 1 {
		t.Errorf("%g, want 1", got)
	}
}
