package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
)

// curve is what tune says of a label.
type curve struct {
	Now    struct{ On float64 }
	Points []point
	set    int // the point of the threshold that is set
	chosen int // the other one
}

type point struct {
	On, Off float64
	Events  int
	Seconds float64
	About   bool
}

func (c *curve) otherwise() point { return c.Points[c.chosen] }

// curves asks tune about every label that was watched, and chooses another threshold for each: in turns the next below and the next above
// with which something would change.
func (h *hour) curves(ctx context.Context, s *session) (map[string]*curve, error) {
	all := map[string]*curve{}
	for i, label := range s.labels {
		text, err := h.once(ctx, "tune-"+label+".json", "tune", label, "--config", s.config, "--json", "--since", "1d")
		if err != nil {
			return nil, err
		}
		c := &curve{set: -1}
		if err := json.Unmarshal(text, c); err != nil {
			return nil, err
		}
		for k, p := range c.Points {
			if p.On <= c.Now.On {
				c.set = k
			}
		}
		if c.set < 0 {
			return nil, fmt.Errorf("tune %s: no point at the threshold that is set, %g", label, c.Now.On)
		}
		c.choose(2*(i%2) - 1)
		all[label] = c
	}
	return all, nil
}

// choose takes the nearest point in a direction, or else in the other, that promises another count.
func (c *curve) choose(step int) {
	c.chosen = c.set
	for _, step := range []int{step, -step} {
		for k := c.set + step; k >= 0 && k < len(c.Points); k += step {
			if p := c.Points[k]; !p.About && p.Events != c.Points[c.set].Events {
				c.chosen = k
				return
			}
		}
	}
}

// others is the overlay of the thresholds that were chosen.
func others(curves map[string]*curve) []byte {
	var text bytes.Buffer
	text.WriteString("labels:\n")
	for _, label := range slices.Sorted(maps.Keys(curves)) {
		p := curves[label].otherwise()
		fmt.Fprintf(&text, "  - {label: %s, on: %g, off: %g}\n", label, p.On, p.Off)
	}
	return text.Bytes()
}

// promises says of which labels the live run told another count than was promised, or the replay another time ON.
func (s *session) promises(curves map[string]*curve) (wrong []string) {
	const rounded = 0.06 // s, of a promised time
	counts := s.counts()
	for _, label := range slices.Sorted(maps.Keys(curves)) {
		c := curves[label]
		p := c.Points[c.set]
		if s.name != "as-set" {
			p = c.otherwise()
		}
		if n, on := counts[label], s.on[label]; n != p.Events || math.Abs(on-p.Seconds) > rounded {
			wrong = append(wrong, fmt.Sprintf("%s: %s at %g tells %d events, %.1f s; promised were %d, %.1f s", s.name, label, p.On, n, on, p.Events, p.Seconds))
		}
	}
	return wrong
}
