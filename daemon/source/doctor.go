package source

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/health"
	"earshot/daemon/rules"
	"earshot/gammatone"

	"github.com/rs/zerolog"
)

// doctor gathers what is wrong with a source's sound: what its samples tell, how many come, what stands in their
// bands, and what the capture found out by itself. Of several problems the gravest is told.
type doctor struct {
	log     zerolog.Logger
	ill     func()
	started time.Time
	restart atomic.Bool // sound was lost since pace was called last; written by the capture

	// the listener's
	meter  *health.RateMeter
	band   *health.Bandwidth
	uneven bool // what the meter said last

	mu       sync.Mutex // guards the rest: listener and capture write, the status reads
	said     capture.Rate
	findings map[string]health.Verdict // by who found it
	told     health.Problem
}

func newDoctor(front gammatone.Config, log zerolog.Logger, ill func()) *doctor {
	return &doctor{
		log: log, ill: ill, started: time.Now(),
		meter: health.NewRateMeter(front.SampleRate), band: health.NewBandwidth(front.SampleRate), findings: map[string]health.Verdict{},
	}
}

// verdict is the gravest problem; any goroutine may ask.
func (d *doctor) verdict() health.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gravest()
}

func (d *doctor) gravest() (v health.Verdict) {
	for _, one := range d.findings {
		if one.Graver(v) {
			v = one
		}
	}
	return v
}

// found notes what one of the means of finding out says now.
func (d *doctor) found(who string, v health.Verdict) {
	d.mu.Lock()
	d.findings[who] = v
	v = d.gravest()
	changed := v.Problem != d.told
	d.told = v.Problem
	d.mu.Unlock()
	if !changed {
		return
	}
	if v.Problem != health.None {
		d.log.Warn().Str("problem", string(v.Problem)).Str("why", v.Detail).Msg("microphone")
	} else {
		d.log.Info().Msg("microphone is well again")
	}
	d.ill()
}

// samples takes what the samples tell.
func (d *doctor) samples(r health.Report) {
	d.found("samples", health.Verdict{Problem: r.Problem, Detail: r.Detail})
}

// pace takes how many samples came so far.
func (d *doctor) pace(samples int64) {
	if d.restart.CompareAndSwap(true, false) {
		d.meter.Restart()
	}
	uneven, given := d.meter.Observe(time.Since(d.started), samples)
	if uneven == d.uneven {
		return
	}
	d.uneven = uneven
	v := health.Verdict{}
	if uneven {
		d.mu.Lock()
		said := d.said
		d.mu.Unlock()
		v = health.Verdict{Problem: health.Rate, Detail: fmt.Sprintf("gives about %.0f samples a second, %s says %d: do format, rate and channels say what it gives?",
			given*float64(said.Hz), said.By, said.Hz)}
	}
	d.found("pace", v)
}

// bands takes the samples, and looks for what is missing in their high bands.
func (d *doctor) bands(x []float32, watched func() []rules.Label) {
	if upTo, known := d.band.Push(x); known {
		d.found("bands", health.JudgeBandwidth(upTo, func() string { return lessHeard(upTo, watched()) }))
	}
}

// captured takes the capture's state, in its goroutine.
func (d *doctor) captured(s capture.State) {
	if s.Phase != capture.Online {
		d.restart.Store(true)
		return
	}
	d.mu.Lock()
	d.said = s.Said
	d.mu.Unlock()
}

// flaw takes what the capture found out, in its goroutine.
func (d *doctor) flaw(f capture.Flaw) {
	v := health.Verdict{Problem: health.Problem(f.Kind), Detail: f.Detail}
	if f.Detail == "" {
		v = health.Verdict{}
	}
	d.found("capture: "+f.Kind, v)
}
