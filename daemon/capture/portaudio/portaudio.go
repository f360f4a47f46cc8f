// Package portaudio captures from microphones. It is the one that knows PortAudio.
package portaudio

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/config"
)

// Config says which microphone to open, and how.
type Config struct {
	capture.Common
	Name           string        // the source's, for others that want the same device
	Device         string        // identity, name or part of it; "" = the system's default input
	DeviceRate     int           // Hz to open the device at; 0 = Rate where it can, else what it can
	DeviceChannels int           // channels to open; 0 = what serves Channel
	Latency        time.Duration // buffer asked of the sound system; 0 = config.DefaultLatency
	StallAfter     time.Duration // no samples for so long is a loss; 0 = 2.5 s
}

const (
	defaultStall = 2500 * time.Millisecond
	// firstSamples is how much longer than a stall the first samples may take.
	firstSamples = 3 * time.Second
	watchEvery   = 50 * time.Millisecond
	// retryLeast and retryMost bound the pause between attempts to come back.
	retryLeast, retryMost = 250 * time.Millisecond, 4 * time.Second
)

// Microphone is a source. Samples go from PortAudio's audio
// thread straight into the sink; this goroutine only watches that they do.
type Microphone struct {
	cfg  Config
	host *host
	now  func() time.Duration // monotonic

	strangers map[string]bool // devices that were there beside ours, by Device.Key; Run's

	count  counters
	format atomic.Pointer[Format]
	last   atomic.Int64 // now() of the last samples; 0 = never
}

// Format is what a microphone was opened as.
type Format struct {
	Device   capture.Device
	Channels int // opened, interleaved
	Rate     int // Hz, of the device
}

func (f Format) String() string {
	s := ""
	if f.Channels != 1 {
		s = "s"
	}
	return fmt.Sprintf("%q (%s), %d Hz, %d channel%s", f.Device.Name, f.Device.HostAPI, f.Rate, f.Channels, s)
}

// Stats counts what a microphone gave; samples are per channel, at the device's rate.
type Stats struct {
	Samples   int64 // delivered
	Lost      int64 // samples that were told lost: overflows, and while the device was away
	Losses    int64 // holes
	Overflows int64 // callbacks that PortAudio flagged with an overflow
	Opened    int64 // times that the device was opened
}

// Open makes the source that c configures.
func Open(c config.Source, common capture.Common) (capture.Source, error) {
	return New(Config{Common: common, Name: c.Name, Device: config.Or(c.Device, ""), Latency: config.Or(c.Latency, 0)})
}

// New returns a source that captures from the microphone of cfg.
func New(cfg Config) (*Microphone, error) { return newMicrophone(cfg, process) }

func newMicrophone(cfg Config, h *host) (*Microphone, error) {
	if cfg.Latency == 0 {
		cfg.Latency = config.DefaultLatency
	}
	if cfg.StallAfter == 0 {
		cfg.StallAfter = defaultStall
	}
	if cfg.Channel < 0 || cfg.DeviceChannels < 0 || cfg.DeviceChannels > 0 && cfg.Channel > cfg.DeviceChannels {
		return nil, fmt.Errorf("portaudio source: channel %d of %d; want 1 to the number of channels, or 0 for the mean of all", cfg.Channel, cfg.DeviceChannels)
	}
	start := time.Now().Add(-time.Nanosecond)
	return &Microphone{cfg: cfg, host: h, now: func() time.Duration { return time.Since(start) }}, nil
}

// Stats returns the counters; any goroutine may ask.
func (p *Microphone) Stats() Stats { return p.count.stats() }

// Format says what was opened last, or nil; any goroutine may ask.
func (p *Microphone) Format() *Format { return p.format.Load() }

// Run captures until ctx ends. A device that goes away is opened again as soon
// as it is back. It returns capture.ErrHung when PortAudio does not answer any more,
// and, unless cfg.Patient, the error of a device that cannot be opened at first.
func (p *Microphone) Run(ctx context.Context, sink capture.Sink) error {
	pause := retryLeast
	rescan := p.newRescan()
	defer p.host.giveUp(p)
	for {
		before := p.count.samples.Load()
		err := p.session(ctx, sink)
		alive := p.count.samples.Load() > before
		switch {
		case errors.Is(err, capture.ErrHung):
			return err
		case ctx.Err() != nil:
			return nil
		case err == nil, errors.Is(err, errRescan):
			continue
		case p.count.samples.Load() == 0 && !p.cfg.Patient:
			return err
		}
		p.cfg.Report(capture.Recovering, err.Error())
		if alive {
			pause, rescan = retryLeast, p.newRescan()
		} else {
			rescan.ask()
		}
		if !capture.Sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, retryMost)
	}
}

// rescan asks for the device list to be read again, at once and then more and
// more seldom: it interrupts every other microphone, for a device that may never
// come back.
type rescan struct {
	p     *Microphone
	next  time.Duration // p.now() from which to ask again
	pause time.Duration
}

const rescanLeast, rescanMost = 30 * time.Second, 30 * time.Minute

func (p *Microphone) newRescan() *rescan { return &rescan{p: p, pause: rescanLeast} }

func (r *rescan) ask() {
	if now := r.p.now(); now >= r.next && r.p.host.askRescan() {
		r.next = now + r.pause
		r.pause = min(2*r.pause, rescanMost)
	}
}

// errRescan ends a session because another source needs the device list anew.
var errRescan = errors.New("device list is read again")

// session opens the device and watches it until it is lost or ctx ends.
func (p *Microphone) session(ctx context.Context, sink capture.Sink) (err error) {
	h := p.host
	if err := h.acquire(ctx); err != nil {
		return err
	}
	defer func() { err = worse(err, h.release()) }()
	devices, err := h.inputs()
	if err != nil {
		return err
	}
	device, err := p.choose(devices)
	if err != nil {
		return err
	}
	s, t, err := p.open(device, sink)
	if err != nil {
		return err
	}
	defer func() { err = worse(err, h.call("Close", h.limit.Close, s.Close)) }()
	if err := h.call("Start", h.limit.Start, s.Start); err != nil {
		return err
	}
	err = p.watch(ctx, t)
	t.shut()
	if last := t.last.Load(); last != 0 {
		p.last.Store(last)
	}
	err = worse(err, h.call("Abort", h.limit.Abort, s.Abort))
	t.drain()
	return err
}

// worse is the error that matters: a hang, else the first.
func worse(first, then error) error {
	if first == nil || errors.Is(then, capture.ErrHung) && !errors.Is(first, capture.ErrHung) {
		return then
	}
	return first
}

// watch returns when the stream gives no more samples, when another source
// needs PortAudio anew, when PortAudio hangs, or with nil when ctx ends.
func (p *Microphone) watch(ctx context.Context, t *tap) error {
	opened := p.now()
	format := *p.format.Load()
	online := false
	var inverted capture.Inversion
	heard := p.count.samples.Load()
	tick := time.NewTicker(t.every())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.host.dead:
			return p.host.fault()
		case <-tick.C:
		}
		t.drain()
		last, limit := t.last.Load(), p.cfg.StallAfter
		if last == 0 {
			last, limit = int64(opened), limit+firstSamples
		} else if !online {
			online = true
			p.cfg.Opened("capturing from "+format.String(), capture.Rate{Hz: format.Rate, By: "its device"})
			p.cfg.Flawed(capture.FlawInverted, "")
		}
		inverted.Observe(&p.cfg.Common, t.cancelled.Load(), p.count.samples.Load()-heard)
		heard = p.count.samples.Load()
		if silent := p.now() - time.Duration(last); silent > limit {
			why := fmt.Sprintf("%s gave no samples for %.1f s", format, silent.Seconds())
			if online {
				p.cfg.Report(capture.Lost, why)
			}
			return errors.New(why)
		}
		if p.host.rescanAsked() {
			return errRescan
		}
	}
}
