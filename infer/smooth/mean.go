package smooth

// locate finds the step of greatest attention of a window [at, end):
// step j of T covers at + [j, j+1)·(end−at)/T. Without attention (or where no
// weight is a number) it is the whole window.
func locate(at, end int64, attention []float32) window {
	w := window{at: at, end: end, look: at, peak: at + (end-at)/2}
	best, weight := -1, float32(0)
	for j, a := range attention {
		if a > weight { // false for NaN
			best, weight = j, a
		}
	}
	if best < 0 {
		return w
	}
	length, steps, j := end-at, int64(len(attention)), int64(best)
	// Whole and rest apart, so that length·j cannot overflow.
	whole, rest := length/steps, length%steps
	w.look = at + whole*j + rest*j/steps
	next := at + whole*(j+1) + rest*(j+1)/steps
	w.peak = w.look + (next-w.look)/2
	return w
}

// keep puts a window into the ring, over the oldest one when it is full.
func (s *Smoother) keep(w window, scores []float32) {
	n := s.c.Average
	if s.count == n {
		s.first = (s.first + 1) % n
		s.count--
	}
	// Windows from long ago have no say: see the package comment.
	for s.count > 0 && w.end-s.wins[s.first].end >= int64(n)*s.c.WindowSamples {
		s.first = (s.first + 1) % n
		s.count--
	}
	slot := (s.first + s.count) % n
	s.count++
	s.wins[slot] = w
	row := s.raw[slot*s.k:][:s.k]
	for i, p := range scores {
		row[i] = probability(p)
	}
}

// probability clamps p to 0…1; not a number counts as 0.
func probability(p float32) float64 {
	switch {
	case p >= 1:
		return 1
	case p > 0:
		return float64(p)
	}
	return 0
}

// average fills mean. The sum is made anew each time, oldest first: it costs
// Average·K additions, and a running sum would drift.
func (s *Smoother) average() {
	labels := s.mean[:s.k]
	clear(labels)
	for j := range s.count {
		slot := (s.first + j) % s.c.Average
		for i, p := range s.raw[slot*s.k:][:s.k] {
			labels[i] += p
		}
	}
	for i := range labels {
		labels[i] /= float64(s.count)
	}
	for g, group := range s.c.Groups {
		top := 0.0
		for _, m := range group.Members {
			top = max(top, labels[m])
		}
		s.mean[s.k+g] = top
	}
}

// own is the score that output i has in the window of one ring slot alone.
func (s *Smoother) own(slot, i int) float64 {
	row := s.raw[slot*s.k:][:s.k]
	if i < s.k {
		return row[i]
	}
	top := 0.0
	for _, m := range s.c.Groups[i-s.k].Members {
		top = max(top, row[m])
	}
	return top
}

// evidence is what the windows of the mean say about an event that begins.
type evidence struct {
	onset     int64  // start of the step of greatest attention in the earliest window that scored ≥ Off
	heard     int64  // end of the last such window
	strongest scored // the window that scored highest, the older of two equal ones
}

// evidence looks through the windows of the mean for output i. At least one
// scores ≥ Off whenever the mean is ≥ On (the newest stands in for it should
// rounding say otherwise).
func (s *Smoother) evidence(i int) evidence {
	var e evidence
	found := false
	for j := range s.count {
		slot := (s.first + j) % s.c.Average
		w, p := s.wins[slot], s.own(slot, i)
		if j == 0 || p > e.strongest.score {
			e.strongest = scored{w, p}
		}
		if p >= s.state[i].rule.Off || !found && j == s.count-1 {
			if !found {
				found, e.onset = true, w.look
			}
			e.heard = max(e.heard, w.end)
		}
	}
	e.onset = min(e.onset, e.strongest.look)
	return e
}

// scored is a window with one output's own score in it.
type scored struct {
	window
	score float64
}
