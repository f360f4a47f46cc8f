package portaudio

import (
	"fmt"
	"slices"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/audio"
	"earshot/ringbuf"
)

// usualRates are tried, in this order, on a device that refuses both the rate
// that is wanted and its own default.
var usualRates = []int{48000, 96000, 32000, 22050, 16000, 8000}

// rawBlocks is the ring between audio thread and resampler: 2.7 s at 48 kHz.
const rawBlocks = 256

// rates lists the rates to try, best first.
func (p *Microphone) rates(d capture.Device) []int {
	if p.cfg.DeviceRate != 0 {
		return []int{p.cfg.DeviceRate}
	}
	return distinct(append([]int{p.cfg.Rate, int(d.Rate)}, usualRates...), 1, 1<<30)
}

// widths lists the channel counts to try, best first. A stereo device is opened
// in stereo, since ALSA would give its left channel for mono, and not the mean;
// one with more is most often a plug-in that mixes by itself, and gives one.
func (p *Microphone) widths(d capture.Device) []int {
	least, prefer := max(1, p.cfg.Channel), []int{1, 2, d.Channels}
	switch {
	case p.cfg.DeviceChannels != 0:
		return []int{p.cfg.DeviceChannels}
	case p.cfg.Channel > 0:
		prefer = []int{p.cfg.Channel, 2, d.Channels}
	case d.Channels == 2:
		prefer = []int{2, 1}
	}
	return distinct(prefer, least, d.Channels)
}

// distinct keeps the first of each value within least…most, in order.
func distinct(x []int, least, most int) []int {
	var y []int
	for _, v := range x {
		if v >= least && v <= most && !slices.Contains(y, v) {
			y = append(y, v)
		}
	}
	return y
}

// open opens d as well as it can be: at the wanted rate and width, else at what
// the device can do. Only a refusal of rate or width leads to the next try: a
// device that is just coming back may fail the best of them and take the worst.
func (p *Microphone) open(d capture.Device, sink capture.Sink) (stream, *tap, error) {
	h := p.host
	err := fmt.Errorf("it has %d channels and channel %d is wanted", d.Channels, max(p.cfg.Channel, p.cfg.DeviceChannels))
	for _, rate := range p.rates(d) {
		for _, channels := range p.widths(d) {
			var s stream
			var t *tap
			t, err = p.newTap(channels, rate, sink)
			if err != nil {
				return nil, nil, err
			}
			err = h.call("Open", h.limit.Open, func() (err error) {
				if err = h.sys.Supports(d, channels, rate); err != nil {
					return err
				}
				s, err = h.sys.Open(d, channels, rate, p.cfg.Latency, t.call)
				return err
			})
			if err == nil {
				p.format.Store(&Format{Device: d, Channels: channels, Rate: rate})
				p.count.opened.Add(1)
				return s, t, nil
			}
			if !h.sys.Refused(err) {
				return nil, nil, fmt.Errorf("open %q (%s) for input: %w", d.Name, d.HostAPI, err)
			}
		}
	}
	return nil, nil, fmt.Errorf("open %q (%s) for input: %w", d.Name, d.HostAPI, err)
}

// newTap makes the audio thread's side of a stream.
func (p *Microphone) newTap(channels, rate int, sink capture.Sink) (*tap, error) {
	t := &tap{
		channels: channels, mix: audio.NewMixer(channels, p.cfg.Pick()), now: p.now, count: &p.count,
		sink: sink, loss: lossDetector{rate: rate}, before: time.Duration(p.last.Load()),
	}
	if rate == p.cfg.Rate {
		return t, nil
	}
	rs, err := audio.NewResampler(rate, p.cfg.Rate)
	if err != nil {
		return nil, err
	}
	t.raw = ringbuf.New(rawBlocks)
	t.conv = &converter{from: rate, to: p.cfg.Rate, sink: sink, rs: rs}
	t.sink = t.raw
	return t, nil
}
