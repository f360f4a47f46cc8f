package smooth

import (
	"math"
	"math/rand/v2"
	"testing"
)

// oracle is the definition in the package comment, spelt out over the whole
// history, without a ring, without state but what an event is.
type oracle struct {
	c       Config
	history []told        // since the last Forget
	now     int64         // end of the newest window
	on      []*occurrence // per output
	offAt   []int64       // when it last went off; math.MinInt64 before
}

type told struct {
	at, end int64
	decided int64 // sample time of the decision
	scores  []float64
	peak    window
}

type occurrence struct {
	onset, heard int64
	peak         float64
	best         scored
	last         int64 // decision time of the newest window
	fell         int64 // since when the mean is below Off; math.MaxInt64 when it is not
}

func newOracle(c Config) *oracle {
	n := len(c.Labels) + len(c.Groups)
	o := &oracle{c: c, on: make([]*occurrence, n), offAt: make([]int64, n)}
	for i := range o.offAt {
		o.offAt[i] = math.MinInt64 / 2
	}
	return o
}

func (o *oracle) rule(i int) Rule {
	switch {
	case i >= len(o.c.Labels):
		return o.c.Groups[i-len(o.c.Labels)].Rule
	case o.c.Rules == nil || o.c.Labels[i] == o.c.Background && o.c.Background != "":
		return Rule{}
	}
	return o.c.Rules[i]
}

// windows are those of the mean at history index j.
func (o *oracle) windows(j int) []told {
	from := max(0, j+1-o.c.Average)
	for from < j && o.history[j].end-o.history[from].end >= int64(o.c.Average)*o.c.WindowSamples {
		from++
	}
	return o.history[from : j+1]
}

// mean is the smoothed score of output i at history index j.
func (o *oracle) mean(j, i int) float64 {
	if i >= len(o.c.Labels) {
		top := 0.0
		for _, m := range o.c.Groups[i-len(o.c.Labels)].Members {
			top = max(top, o.mean(j, m))
		}
		return top
	}
	sum, ws := 0.0, o.windows(j)
	for _, w := range ws {
		sum += w.scores[i]
	}
	return sum / float64(len(ws))
}

func (o *oracle) own(w told, i int) float64 {
	if i < len(o.c.Labels) {
		return w.scores[i]
	}
	top := 0.0
	for _, m := range o.c.Groups[i-len(o.c.Labels)].Members {
		top = max(top, w.scores[m])
	}
	return top
}

func (o *oracle) push(at, end int64, scores, attention []float32) (events []Event) {
	o.now = max(o.now, end)
	events = o.tick(o.now)
	w := told{at: at, end: end, decided: o.now, peak: locate(at, end, attention)}
	for _, p := range scores {
		w.scores = append(w.scores, probability(p))
	}
	o.history = append(o.history, w)
	j := len(o.history) - 1
	for i, on := range o.on {
		r := o.rule(i)
		if r.On == 0 {
			continue
		}
		mean, own := o.mean(j, i), o.own(w, i)
		if on != nil {
			on.last = o.now
			on.peak = max(on.peak, mean)
			if own > on.best.score {
				on.best = scored{w.peak, own}
			}
			if own >= r.Off {
				on.heard = max(on.heard, end)
			}
			if mean >= r.Off {
				on.fell = math.MaxInt64
			} else {
				on.fell = min(on.fell, o.now)
			}
			if o.now-on.fell >= r.Hold && on.fell != math.MaxInt64 {
				events = append(events, o.event(i, false, mean))
				o.on[i], o.offAt[i] = nil, o.now
			}
			continue
		}
		// How long has the mean been ≥ On? Not longer than since the last OFF's window.
		since := int64(-1)
		for k := j; k >= 0 && o.mean(k, i) >= r.On && o.history[k].decided >= o.offAt[i]; k-- {
			since = o.history[k].decided
		}
		if since < 0 || o.now-since < r.MinOn || o.now-o.offAt[i] < r.Cooldown {
			continue
		}
		on = &occurrence{onset: math.MaxInt64, heard: math.MinInt64, peak: mean, last: o.now, fell: math.MaxInt64}
		for _, v := range o.windows(j) {
			p := o.own(v, i)
			if p > on.best.score {
				on.best = scored{v.peak, p}
			}
			if p >= r.Off {
				if on.onset == math.MaxInt64 {
					on.onset = v.peak.look
				}
				on.heard = max(on.heard, v.end)
			}
		}
		on.onset = min(on.onset, on.best.look)
		o.on[i] = on
		events = append(events, o.event(i, true, mean))
	}
	return events
}

func (o *oracle) event(i int, on bool, score float64) Event {
	oc := o.on[i]
	e := Event{Label: i, On: on, Score: score, Peak: oc.peak, Onset: oc.onset, PeakAt: max(oc.onset, oc.best.peak)}
	if !on {
		e.End = max(oc.heard, oc.onset)
	}
	return e
}

func (o *oracle) tick(now int64) (events []Event) {
	for i, on := range o.on {
		if on == nil || now < on.last+o.rule(i).Hold+o.c.WindowSamples {
			continue
		}
		score := 0.0
		if len(o.history) > 0 {
			score = o.mean(len(o.history)-1, i)
		}
		events = append(events, o.event(i, false, score))
		o.on[i], o.offAt[i] = nil, on.last+o.rule(i).Hold+o.c.WindowSamples
	}
	return events
}

func (o *oracle) reset(now int64) (events []Event) {
	o.history = nil
	for i, on := range o.on {
		if on != nil {
			events = append(events, o.event(i, false, 0))
			o.on[i], o.offAt[i] = nil, max(now, on.last)
		}
	}
	return events
}

// drive plays a script of bytes to Smoother and oracle, and holds both the
// equality and what must be true of any events.
func drive(t *testing.T, script []byte) {
	next := func() int64 {
		if len(script) == 0 {
			return 0
		}
		b := script[0]
		script = script[1:]
		return int64(b)
	}
	threshold := func() (on, off float64) {
		on = float64(1+next()%16) / 16
		return on, on * float64(1+next()%8) / 8
	}
	rule := func() Rule {
		if next()%8 == 0 {
			return Rule{}
		}
		on, off := threshold()
		return Rule{On: on, Off: off, MinOn: next() % 4 * 40, Hold: next() % 4 * 40, Cooldown: next() % 4 * 60}
	}
	c := Config{Labels: []string{"a", "b", "background"}, Average: 1 + int(next()%4), WindowSamples: 100,
		Rules: []Rule{rule(), rule(), rule()}, Groups: []Group{{ID: "g", Members: []int{0, 1}, Rule: rule()}}}
	if next()%2 == 0 {
		c.Background = "background"
	}
	s, o := New(c), newOracle(c)
	checks := newInvariants(c)
	at, now := int64(0), int64(0)
	for len(script) > 0 {
		var got, want []Event
		switch op := next() % 16; op {
		case 0:
			now = max(now, at+next()*4)
			got, want = s.Tick(now, nil), o.tick(now)
		case 1:
			now = max(now, at+next())
			got, want = s.Reset(now, nil), o.reset(now)
		case 2:
			s.Forget()
			o.history = nil
		default:
			at += 10 * (next() % 32)
			scores := []float32{float32(next()%17) / 16, float32(next()%17) / 16, float32(next()%17) / 16}
			attention := []float32{float32(next() % 3), float32(next() % 3), float32(next() % 3)}
			now = max(now, at+100)
			got = s.Push(at, at+100, scores, attention, nil)
			want = o.push(at, at+100, scores, attention)
		}
		if len(got) != len(want) {
			t.Fatalf("%+v, the oracle says %+v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%+v, the oracle says %+v", got[i], want[i])
			}
			checks.hold(t, got[i], now, o.offAt[got[i].Label])
		}
		for i, on := range o.on {
			if s.Active(i) != (on != nil) {
				t.Fatalf("output %d: Active %v", i, s.Active(i))
			}
		}
	}
	// Whatever happened: when nothing more comes, all goes off.
	now += 100 + 200
	for _, e := range s.Tick(now, nil) {
		checks.hold(t, e, now, now)
	}
	for i := range s.state {
		if s.Active(i) {
			t.Fatalf("output %d stays on with no windows", i)
		}
	}
}

// invariants are what must hold of every stream of events.
type invariants struct {
	c  Config
	on map[int]Event
}

func newInvariants(c Config) *invariants {
	return &invariants{c, map[int]Event{}}
}

// hold checks an event of time now; offAt is when its label last went off.
func (v *invariants) hold(t *testing.T, e Event, now, offAt int64) {
	t.Helper()
	r := newOracle(v.c).rule(e.Label)
	began, active := v.on[e.Label]
	switch {
	case r == Rule{}:
		t.Fatalf("an event of a label that never fires: %+v", e)
	case e.On == active:
		t.Fatalf("ON and OFF must alternate: %+v", e)
	case e.On && e.Score < r.On:
		t.Fatalf("ON below the threshold %g: %+v", r.On, e)
	case e.Onset > now || e.PeakAt < e.Onset || e.PeakAt > now || e.Peak < e.Score && e.On:
		t.Fatalf("times or scores out of order at %d: %+v", now, e)
	case !e.On && (e.End < e.PeakAt || e.End > now || e.Onset != began.Onset || e.Peak < began.Peak):
		t.Fatalf("OFF at %d does not fit ON %+v: %+v", now, began, e)
	}
	if e.On {
		if now-offAt < r.Cooldown {
			t.Fatalf("ON %d samples after OFF, cooldown %d", now-offAt, r.Cooldown)
		}
		v.on[e.Label] = e
		return
	}
	delete(v.on, e.Label)
}

func TestAgainstOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		script := make([]byte, 40+random.IntN(300))
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		drive(t, script)
	}
}

func FuzzAgainstOracle(f *testing.F) {
	f.Add([]byte{2, 9, 9, 1, 0, 1, 2})
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) < 4096 {
			drive(t, script)
		}
	})
}

// The same windows at any later sample time give the same events, later.
func TestTimeShift(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	c := config(Rule{On: .6, Off: .4, MinOn: 50, Hold: 60, Cooldown: 70}, 2)
	const shift = int64(1) << 60
	a, b := New(c), New(c)
	for i := range 2000 {
		at, p := int64(i*hop), random.Float32()
		if i/5%3 != 0 {
			p = p/2 + .5
		}
		x, y := a.Push(at, at+winLen, []float32{p, 0}, nil, nil), b.Push(at+shift, at+shift+winLen, []float32{p, 0}, nil, nil)
		if len(x) != len(y) {
			t.Fatalf("%v %v", x, y)
		}
		for i := range x {
			y[i].Onset -= shift
			y[i].PeakAt -= shift
			if !y[i].On {
				y[i].End -= shift
			}
			if x[i] != y[i] {
				t.Fatalf("%+v, later %+v", x[i], y[i])
			}
		}
	}
}

// While windows come in time, Tick changes nothing, however often and late it is called.
func TestTickChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	c := config(Rule{On: .6, Off: .4, MinOn: 50, Hold: 60, Cooldown: 70}, 2)
	quiet, ticked := New(c), New(c)
	for i := range 5000 {
		at, p := int64(i*hop), random.Float32()
		if i/5%3 != 0 {
			p = p/2 + .5
		}
		x, y := quiet.Push(at, at+winLen, []float32{p, 0}, nil, nil), ticked.Push(at, at+winLen, []float32{p, 0}, nil, nil)
		if len(x) != len(y) || len(x) > 0 && x[0] != y[0] {
			t.Fatalf("window %d: %v, with ticks %v", i, x, y)
		}
		for range random.IntN(4) {
			if e := ticked.Tick(at+winLen+int64(random.IntN(hop+20)), nil); len(e) != 0 {
				t.Fatalf("window %d: %v", i, e)
			}
		}
	}
}
