package pipeline

import (
	"math"

	"earshot/gammatone"
)

// gate tells windows in which nothing is new above the room's floor. The floor of each group of bands, and of the mean
// level of all, is a slow mean of its decibels while nothing happens; what stays for a minute becomes the floor. It hears
// every frame, and belongs to the listener.
//
// A window without news is given the scores of the last one that was computed. That one had the same floor and no news
// either, since the first of such windows is always computed, and so is one in every few, so that nothing that creeps in
// under the floor's steps stays unheard for longer than that.
type gate struct {
	window int // frames
	group  int // bands a group

	frame  []float64 // (groups) of this frame, dB
	mean   []float64 // (groups) over the last frames
	floor  []float64 // (groups + 1) the last is that of all bands
	ripple []float64 // (groups + 1) mean distance from the floor while nothing happens
	frames int       // heard so far
	busy   int       // frames since the last without news
	quiet  int       // frames since the last news
	idle   int       // windows in a row that were not computed
	due    bool      // the next window without news is computed
}

const (
	gateGroups   = 32
	gateMean     = 1.0 / 12 // weight of a frame in a group's mean: 0.14 s
	gateFollow   = 1.0 / 400
	gateLearn    = 172         // frames that a floor takes to be known: 2 s
	gateNews     = 6           // that many ripples above or below the floor are news …
	gateRipple   = 2           // … of at most so many dB each: what was learned while something happened is no ripple of the room's own …
	gateLeast    = 4           // … and no less than so many dB in a group …
	gateLeastAll = 3           // … or in the mean of all, which ripples less
	gateSettle   = 60 * 86     // frames of news, after which they are the floor: a minute
	gateComputed = 8           // one in so many windows without news is computed
	gateBottom   = 1e-7 / 1024 // energies below are one silence: −70 dB of a band
)

func newGate(c gammatone.Config) *gate {
	return &gate{window: c.WindowFrames, group: max(1, c.Bands/gateGroups),
		frame: make([]float64, gateGroups), mean: make([]float64, gateGroups),
		floor: make([]float64, gateGroups+1), ripple: make([]float64, gateGroups+1), due: true}
}

// hear takes a frame's energies (bands), linear.
func (g *gate) hear(energies []float32) {
	all := 0.0
	for i := range g.frame {
		sum := 0.0
		for _, v := range energies[min(i*g.group, len(energies)):min((i+1)*g.group, len(energies))] {
			sum += float64(v)
		}
		g.frame[i] = 10 * math.Log10(sum+gateBottom)
		all += g.frame[i] / gateGroups
	}
	g.frames++
	news := g.step(gateGroups, all, gateLeastAll)
	for i, v := range g.frame {
		g.mean[i] += max(gateMean, 1/float64(g.frames)) * (v - g.mean[i])
		news = g.step(i, g.mean[i], gateLeast) || news
	}
	if !news {
		g.busy, g.quiet = 0, g.quiet+1
		return
	}
	g.quiet = 0
	if g.busy++; g.busy >= gateSettle {
		g.busy, g.frames = 0, 0 // it is the room now
	}
}

// step tells whether level i is news, least dB or more from its floor, and lets that follow where it is none.
func (g *gate) step(i int, level, least float64) bool {
	away := math.Abs(level - g.floor[i])
	if g.frames <= gateLearn {
		w := 1 / float64(g.frames)
		g.floor[i] += w * (level - g.floor[i])
		g.ripple[i] += w * (away - g.ripple[i])
		return true
	}
	if away > max(least, gateNews*min(g.ripple[i], gateRipple)) {
		return true
	}
	g.floor[i] += gateFollow * (level - g.floor[i])
	g.ripple[i] += gateFollow * (away - g.ripple[i])
	return false
}

// idles tells whether the window that ends with the newest frame need not be computed.
func (g *gate) idles() bool {
	switch {
	case g.quiet < g.window:
		g.due, g.idle = true, 0
		return false
	case g.due || g.idle+1 >= gateComputed:
		g.due, g.idle = false, 0
		return false
	}
	g.idle++
	return true
}

// forget starts anew behind a gap.
func (g *gate) forget() { g.frames, g.busy, g.quiet, g.due = 0, 0, 0, true }
