package smooth

import "fmt"

// Event is one switch of one label or group. Times are sample indices.
type Event struct {
	Label  int     // index into Config.Labels; len(Labels)+g for group g
	On     bool    // true: the sound began; false: it ended
	Score  float64 // smoothed score at the switch (0 where there is no mean, after a Reset or Forget)
	Peak   float64 // greatest smoothed score of the event so far
	Onset  int64   // where the sound began
	End    int64   // where it ended, ≥ Onset; 0 while On
	PeakAt int64   // where it was strongest
}

// Smoother holds one source's windows and states. It is not safe for
// concurrent use: its source's goroutine owns it.
type Smoother struct {
	c     Config
	k     int       // labels
	last  int64     // end of the newest window
	wins  []window  // ring of the last Average windows
	raw   []float64 // (Average, K) their scores, by ring slot
	first int       // ring slot of the oldest window
	count int       // windows in the mean
	mean  []float64 // (K + groups) smoothed scores
	state []state   // (K + groups)
}

// window is where one window of the mean lies.
type window struct {
	at, end int64
	look    int64 // start of the step of greatest attention
	peak    int64 // middle of it
}

// New makes a Smoother. It panics when c is not valid: [Config.Validate] tells beforehand.
func New(c Config) *Smoother {
	if err := c.Validate(); err != nil {
		panic(fmt.Sprintf("smooth: %v", err))
	}
	k, all := len(c.Labels), len(c.Labels)+len(c.Groups)
	s := &Smoother{
		c: c, k: k,
		wins:  make([]window, c.Average),
		raw:   make([]float64, c.Average*k),
		mean:  make([]float64, all),
		state: make([]state, all),
	}
	for i := range s.state {
		s.state[i].rule = c.Rule(i)
	}
	return s
}

// Push takes the scores of the window that covers samples [winAt, winEnd) and
// appends the events that follow to dst: first the ends that were due before,
// as Tick does, then the others; each in order of label index.
//
//	scores    (K) probabilities; not a number counts as 0
//	attention (T) weights over the window's T equal steps; may be empty
//
// It panics when scores has another length than Labels or the window is empty.
func (s *Smoother) Push(winAt, winEnd int64, scores, attention []float32, dst []Event) []Event {
	if len(scores) != s.k {
		panic(fmt.Sprintf("smooth: %d scores for %d labels", len(scores), s.k))
	}
	if winEnd <= winAt {
		panic(fmt.Sprintf("smooth: window of samples [%d, %d)", winAt, winEnd))
	}
	s.last = max(s.last, winEnd)
	dst = s.expire(s.last, dst)
	s.keep(locate(winAt, winEnd, attention), scores)
	s.average()
	newest := (s.first + s.count - 1) % s.c.Average
	for i := range s.state {
		st := &s.state[i]
		if !st.rule.fires() {
			continue
		}
		st.observe(s.last, s.mean[i], s.own(newest, i), s.wins[newest])
		switch {
		case st.ready(s.last):
			st.begin(s.last, s.mean[i], s.evidence(i))
			dst = append(dst, st.event(i, true, s.mean[i]))
		case st.faded(s.last):
			st.finish(s.last)
			dst = append(dst, st.event(i, false, s.mean[i]))
		}
	}
	return dst
}

// Tick ends what no window came for by sample time now. It may be called at
// any time and as often as one likes: while windows come, it changes nothing.
func (s *Smoother) Tick(now int64, dst []Event) []Event { return s.expire(now, dst) }

// expire ends what no window came for by time now. The time of such an end is
// when it was due, not when somebody looked.
func (s *Smoother) expire(now int64, dst []Event) []Event {
	for i := range s.state {
		st := &s.state[i]
		if due := st.held + st.rule.Hold + s.c.WindowSamples; st.on && now >= due {
			st.finish(due)
			dst = append(dst, st.event(i, false, s.mean[i]))
		}
	}
	return dst
}

// Forget drops the windows of the mean and what was about to begin: samples
// were lost. What is on stays on until its timer ends it.
func (s *Smoother) Forget() {
	s.count = 0
	clear(s.mean)
	for i := range s.state {
		s.state[i].rising = false
	}
}

// Reset is [Smoother.Forget] and ends what is on, at sample time now: the
// source went away. Cooldowns run on.
func (s *Smoother) Reset(now int64, dst []Event) []Event {
	s.Forget()
	for i := range s.state {
		if st := &s.state[i]; st.on {
			st.finish(max(now, st.held))
			dst = append(dst, st.event(i, false, 0))
		}
	}
	return dst
}

// Scores returns the smoothed scores (K labels, then groups), all 0 before the
// first window. The slice is the Smoother's own and changes with the next call.
func (s *Smoother) Scores() []float64 { return s.mean }

// Active tells whether label or group i is on.
func (s *Smoother) Active(i int) bool { return s.state[i].on }
