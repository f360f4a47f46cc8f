// Package health judges a microphone by its samples: dead, stuck, clipped, off
// centre or too quiet. It is pure arithmetic on sample time, allocates nothing
// while samples come, and has hysteresis everywhere, so that a verdict neither
// flickers nor changes its words while it lasts.
//
// Levels are in dB below full scale, where a full-scale square wave is 0 dBFS
// (and so a full-scale sine −3 dBFS).
package health

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"earshot/daemon/level"
)

// Problem is a verdict, as it stands on MQTT; None is health.
type Problem string

// The problems, the gravest first; of several the gravest is told.
const (
	None     Problem = ""
	Dead     Problem = "dead"      // nothing but zeros
	Stuck    Problem = "stuck"     // nothing but one value that is not zero
	Rate     Problem = "rate"      // not as many samples a second as said
	Clipped  Problem = "clipped"   // too many samples at full scale
	DCOffset Problem = "dc_offset" // the mean is far from zero
	TooQuiet Problem = "too_quiet" // not even the noise of a room
	Inverted Problem = "inverted"  // its two channels cancel each other
	Narrow   Problem = "narrow"    // nothing in the high bands
)

// gravity is the order of the problems.
var gravity = []Problem{Dead, Stuck, Rate, Clipped, DCOffset, TooQuiet, Inverted, Narrow}

// Verdict is a problem and a sentence about it for people.
type Verdict struct {
	Problem Problem
	Detail  string
}

// Graver says whether v comes before other.
func (v Verdict) Graver(other Verdict) bool { return rank(v.Problem) < rank(other.Problem) }

// rank of health is the last.
func rank(p Problem) int {
	if i := slices.Index(gravity, p); i >= 0 {
		return i
	}
	return len(gravity)
}

// Floor is the level of digital silence, in dBFS: one bit of 24.
const Floor = -144.5

// Limits say when a problem begins and when it ends; the space between the two
// is hysteresis. The numbers are choices, for microphones in rooms.
type Limits struct {
	ConstantOn, ConstantOff time.Duration // so long the same value; so long other ones
	ClippedOn, ClippedOff   float64       // share of samples at full scale, mean over about ClippedSpan
	ClippedSpan             time.Duration
	DCOn, DCOff             float64 // |mean|, full scale 1, over about DCSpan
	DCSpan                  time.Duration
	QuietOn, QuietOff       float64       // dBFS, without the offset
	QuietFor, LoudFor       time.Duration // all that time below QuietOn; above QuietOff
}

// Default are the limits that the daemon uses. A microphone with a noise gate
// gives zeros for seconds, a quiet room at night −70 dBFS for hours.
func Default() Limits {
	return Limits{
		ConstantOn: 30 * time.Second, ConstantOff: 2 * time.Second,
		ClippedOn: 1e-3, ClippedOff: 1e-4, ClippedSpan: 30 * time.Second,
		DCOn: 0.05, DCOff: 0.03, DCSpan: 10 * time.Second,
		QuietOn: -78, QuietOff: -74, QuietFor: 10 * time.Minute, LoudFor: 10 * time.Second,
	}
}

// Report is what a Monitor knows.
type Report struct {
	Problem      Problem
	Detail       string  // one sentence for people; "" when healthy
	LevelDBFS    float64 // root mean square of the last second
	PeakDBFS     float64 // of the last second
	Offset       float64 // mean, full scale 1, over about Limits.DCSpan
	ClippedShare float64 // over about Limits.ClippedSpan
}

// stretch is how much sound is judged at a time.
const stretch = time.Second

// fullScale is where a sample counts as clipped: 32767/32768 and beyond. One
// step below is left to converters that never reach the end.
const fullScale = 32766.0 / 32768

// Monitor judges one microphone. Make it with New.
type Monitor struct {
	limits Limits
	size   int // samples of a stretch

	// of the present stretch; the pusher's
	n, full    int
	sum, power float64
	low, high  float32

	// over stretches; the pusher's
	constant, quiet, clipped, offset latch
	zeros                            bool // the constant is 0
	share, mean                      float64
	begun                            bool

	mu     sync.Mutex // guards report: the pusher writes, any goroutine reads
	report Report
}

// New returns a Monitor for samples at rate, Hz.
func New(rate int, limits Limits) *Monitor {
	if rate < 1 {
		panic("health: New with a rate below 1 Hz")
	}
	m := &Monitor{limits: limits, size: rate * int(stretch/time.Second)}
	m.report = Report{LevelDBFS: Floor, PeakDBFS: Floor}
	m.clear()
	return m
}

// Report returns the verdict as of the last whole second; any goroutine may ask.
func (m *Monitor) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report
}

// Push takes the next samples, any number, from one goroutine, and says whether
// the verdict changed.
func (m *Monitor) Push(x []float32) (changed bool) {
	for len(x) > 0 {
		n := min(len(x), m.size-m.n)
		m.add(x[:n])
		x = x[n:]
		if m.n == m.size {
			changed = m.judge() || changed
			m.clear()
		}
	}
	return changed
}

func (m *Monitor) clear() {
	m.n, m.full, m.sum, m.power = 0, 0, 0, 0
	m.low, m.high = float32(math.Inf(1)), float32(math.Inf(-1))
}

// add takes samples of one stretch.
func (m *Monitor) add(x []float32) {
	low, high := level.Range(x)
	if high >= fullScale || low <= -fullScale {
		for _, v := range x {
			if v >= fullScale || v <= -fullScale {
				m.full++
			}
		}
	}
	sum, power := 0.0, 0.0
	for _, v := range x { // in float64: the swing about a great offset is a small difference
		f := float64(v)
		sum += f
		power += f * f
	}
	m.n += len(x)
	m.sum, m.power = m.sum+sum, m.power+power
	m.low, m.high = min(m.low, low), max(m.high, high)
}

// judge closes a stretch and says whether the verdict changed.
func (m *Monitor) judge() bool {
	l, n := m.limits, float64(m.n)
	mean, share := m.sum/n, float64(m.full)/n
	constant := m.low == m.high
	if !m.begun && !constant {
		m.mean, m.begun = mean, true
	}
	if !constant { // a stuck converter says nothing about offset and gain
		m.mean += (mean - m.mean) * weight(l.DCSpan)
		m.share += (share - m.share) * weight(l.ClippedSpan)
	}
	level := DBFS(math.Sqrt(m.power / n))
	swing := DBFS(math.Sqrt(max(0, m.power/n-mean*mean)))

	if constant {
		m.zeros = m.low == 0
	}
	m.constant.step(constant, !constant, l.ConstantOn, l.ConstantOff)
	m.clipped.step(m.share >= l.ClippedOn, m.share < l.ClippedOff, 0, 0)
	m.offset.step(math.Abs(m.mean) >= l.DCOn, math.Abs(m.mean) < l.DCOff, l.DCSpan, 0)
	m.quiet.step(swing < l.QuietOn, swing > l.QuietOff, l.QuietFor, l.LoudFor)

	m.mu.Lock()
	defer m.mu.Unlock()
	r := &m.report
	r.LevelDBFS, r.PeakDBFS = level, DBFS(float64(max(m.high, -m.low)))
	r.Offset, r.ClippedShare = m.mean, m.share
	is := m.verdict()
	if is == r.Problem {
		return false
	}
	r.Problem, r.Detail = is, m.detail(is)
	return true
}

// verdict is the gravest problem.
func (m *Monitor) verdict() Problem {
	switch {
	case m.constant.on && m.zeros:
		return Dead
	case m.constant.on:
		return Stuck
	case m.clipped.on:
		return Clipped
	case m.offset.on:
		return DCOffset
	case m.quiet.on:
		return TooQuiet
	}
	return None
}

// detail puts p into words, once, when it begins.
func (m *Monitor) detail(p Problem) string {
	l := m.limits
	switch p {
	case Dead:
		return fmt.Sprintf("nothing but zeros for %v: is the microphone muted, unplugged behind its adapter, or broken?", l.ConstantOn)
	case Stuck:
		return fmt.Sprintf("the same value %.4g for %v: the converter is stuck", m.low, l.ConstantOn)
	case Clipped:
		return fmt.Sprintf("%.2g %% of the samples are at full scale: turn the gain down", 100*m.share)
	case DCOffset:
		return fmt.Sprintf("the mean is %.2g of full scale instead of 0: the microphone's power or its converter is faulty", m.mean)
	case TooQuiet:
		return fmt.Sprintf("below %.0f dBFS for %v: turn the gain up, or uncover the microphone", l.QuietOn, l.QuietFor)
	}
	return ""
}

// weight is that of one stretch in a mean that forgets over span.
func weight(span time.Duration) float64 {
	return 1 - math.Exp(-float64(stretch)/float64(max(span, stretch)))
}

// DBFS is an amplitude, full scale 1, in dB, not below Floor.
func DBFS(amplitude float64) float64 { return max(Floor, 20*math.Log10(amplitude)) }

// latch is on after its condition has held for a while, and off after its
// contrary has. Between condition and contrary it stays as it is.
type latch struct {
	on    bool
	since time.Duration // that what would change it has held
}

// step takes one stretch: bad turns it on after on, good turns it off after off.
func (l *latch) step(bad, good bool, on, off time.Duration) {
	change, after := bad, on
	if l.on {
		change, after = good, off
	}
	if !change {
		l.since = 0
		return
	}
	if l.since += stretch; l.since >= after {
		l.on, l.since = !l.on, 0
	}
}
