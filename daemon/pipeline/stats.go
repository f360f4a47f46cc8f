package pipeline

import (
	"sync/atomic"
	"time"

	"earshot/internal/latest"
	"earshot/ringbuf"
)

// counters are written by the goroutine named and read by any.
type counters struct {
	beat       atomic.Int64 // ns since start of the listener's last turn; Listen
	samples    atomic.Int64 // through the front end; Listen
	position   atomic.Int64 // one past the last of them; Listen
	front      atomic.Int64 // ns spent in the front end; Listen
	resets     atomic.Int64 // Listen
	submitted  atomic.Int64 // windows; Listen
	answered   atomic.Int64 // windows; Report
	answeredAt atomic.Int64 // ns since start; Report
	dropped    atomic.Int64 // answers that found the inbox full; Deliver's caller
	failed     atomic.Int64 // windows without scores; Report
}

// Stats is a moment of a pipeline's counters.
type Stats struct {
	Ring       ringbuf.Stats // samples
	Samples    int64         // through the front end
	Position   int64         // one past the last of them
	FrontEnd   time.Duration // time spent in the front end
	Resets     int64         // unfinished windows thrown away at gaps
	Submitted  int64         // windows given to the network
	Answered   int64         // windows that came back and were reported
	Dropped    int64         // answers given up (the network's queue counts what it drops itself)
	Failed     int64         // windows that came back without scores
	LatencyP50 time.Duration // last sample of a window in the ring → its events handed out
	LatencyP99 time.Duration
	Latency    latest.Histogram // the same of all windows
	SinceBeat  time.Duration    // since the listener's last turn
	SinceDone  time.Duration    // since the last answer
	Ended      bool             // the source's sound is over
}

// Produced is how many samples the source gave, those that found no room included.
func (p *Pipeline) Produced() int64 { return p.ring.Stats().Produced }

// Stats may be called by any goroutine.
func (p *Pipeline) Stats() Stats {
	now := p.clock.elapsed()
	return Stats{
		Ring:       p.ring.Stats(),
		Samples:    p.counts.samples.Load(),
		Position:   p.counts.position.Load(),
		FrontEnd:   time.Duration(p.counts.front.Load()),
		Resets:     p.counts.resets.Load(),
		Submitted:  p.counts.submitted.Load(),
		Answered:   p.counts.answered.Load(),
		Dropped:    p.counts.dropped.Load(),
		Failed:     p.counts.failed.Load(),
		LatencyP50: p.latency.Quantile(0.50),
		LatencyP99: p.latency.Quantile(0.99),
		Latency:    p.latency.Histogram(),
		SinceBeat:  now - time.Duration(p.counts.beat.Load()),
		SinceDone:  now - time.Duration(p.counts.answeredAt.Load()),
		Ended:      p.played.Load(),
	}
}

// Wall is the wall-clock time of a sample.
func (p *Pipeline) Wall(sample int64) time.Time { return p.clock.wall(sample) }
