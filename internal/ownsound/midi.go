package main

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// score is a piece as events in time.
type score struct {
	tempo  int // beats a minute
	events []event
}

type event struct {
	at    int // ticks
	order int // of what is at the same time: notes end before others begin
	bytes []byte
}

// note plays a key (60 is middle C) on a channel with a program of General MIDI.
func (p *score) note(channel, program, at, length, key, loud int) {
	c := byte(channel)
	if channel != drumTrack {
		p.events = append(p.events, event{at, 1, []byte{0xc0 | c, byte(program)}})
	}
	p.events = append(p.events, event{at, 2, []byte{0x90 | c, byte(key), byte(min(loud, 127))}}, event{at + length, 0, []byte{0x80 | c, byte(key), 0}})
}

// midi is the piece as a Standard MIDI File of one track.
func (p *score) midi() []byte {
	slices.SortStableFunc(p.events, func(a, b event) int { return cmp.Or(a.at-b.at, a.order-b.order) })
	perBeatMicros := 60_000_000 / p.tempo
	track := []byte{0, 0xff, 0x51, 3, byte(perBeatMicros >> 16), byte(perBeatMicros >> 8), byte(perBeatMicros)}
	now := 0
	for _, e := range p.events {
		track = append(variable(track, e.at-now), e.bytes...)
		now = e.at
	}
	track = append(track, 0, 0xff, 0x2f, 0)
	out := append([]byte("MThd"), 0, 0, 0, 6, 0, 0, 0, 1, 0, perBeat)
	out = append(out, "MTrk"...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(track)))
	return append(out, track...)
}

// variable appends n in seven bits a byte, the highest bits first.
func variable(b []byte, n int) []byte {
	if n >= 0x80 {
		for _, v := range variable(nil, n>>7) {
			b = append(b, v|0x80)
		}
	}
	return append(b, byte(n&0x7f))
}
