package classify

import (
	"earshot/daemon/opinion"
	"earshot/verify"
)

// UseSecond asks a second network too. Its failure is the file's: who names sounds wants the answer of both.
func (c *Classifier) UseSecond(open func(failed func(error)) *opinion.Opinion) {
	c.second = open(func(err error) {
		if c.err == nil {
			c.err = err
		}
	})
}

// hear gives the next samples to the second network, before any window that ends in them is scored. It keeps some
// seconds only: windows that have waited for that long are scored first.
func (c *Classifier) hear(x []float32) {
	if c.second == nil {
		return
	}
	if len(c.at) > 0 && c.clip.Samples+int64(len(x))-c.clip.Windows[c.at[0]].End > verify.MaxLag {
		c.run()
	}
	c.second.Hear(c.clip.Samples, x, c.clip.Samples == 0)
}

// ask makes a window's scores those of both networks.
func (c *Classifier) ask(w *Window) {
	w.Views = make([]opinion.Views, len(w.Scores))
	for j, p := range w.Scores {
		w.Views[j].First = float64(p)
	}
	c.second.Revise(w.End, w.Scores)
	for j := range w.Views {
		if v := c.second.Newest(j); v.Asked {
			w.Views[j] = v
		}
	}
}

// views are the means over the windows.
func (c *Classifier) views() []opinion.Views {
	out := make([]opinion.Views, c.session.Labels)
	asked, windows := make([]int, len(out)), 0
	for _, w := range c.clip.Windows {
		if w.Views == nil {
			continue
		}
		windows++
		for j, v := range w.Views {
			out[j].First += v.First
			if v.Asked {
				out[j].Asked = true
				out[j].Second += v.Second
				asked[j]++
			}
		}
	}
	for j := range out {
		out[j].First /= float64(max(windows, 1))
		out[j].Second /= float64(max(asked[j], 1))
	}
	return out
}
