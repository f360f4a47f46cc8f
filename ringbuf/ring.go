// Package ringbuf carries sound from one producer, which must never wait (an audio
// callback), to one consumer: a lock-free ring of fixed blocks.
//
// Exactly one goroutine (or foreign thread) calls [Ring.Write], [Ring.Skip],
// [Ring.Flush] and [Ring.Free]; exactly one calls [Ring.Peek] and [Ring.Release]; any may
// call [Ring.Stats]. Nothing blocks and nothing allocates, and a sample is copied once: by
// Write, into the slot in which the consumer reads it. Two counters, of blocks ever
// published and of blocks ever released, are all that the two sides share: the producer
// alone advances the first, after the block is whole, the consumer alone the second,
// after it is done with the block. So no block is ever written and read at once.
//
// Time is the absolute index of a sample since the source began. It advances over lost
// samples too, and the first block after a loss says so in its Gap.
//
// The consumer has no bell to wait for: it reads until [Ring.Peek] gives nil, then
// sleeps a few milliseconds. A bell would be a lock in the audio callback.
package ringbuf

import (
	"fmt"
	"sync/atomic"
)

// BlockSamples is the capacity of a block: one hop of the front end, 11.6 ms at 44.1 kHz.
const BlockSamples = 512

// Block is a run of consecutive samples.
type Block struct {
	At  int64 // absolute index of X[0]
	Gap bool  // samples were lost between the block before and this one
	N   int   // how many of X count, 1 … BlockSamples; fewer only before a gap or at the end
	X   [BlockSamples]float32
}

// Ring is a single-producer, single-consumer queue of blocks. Make it with [New].
type Ring struct {
	slots    []Block // one more than capacity: the producer fills it while all others wait
	capacity uint64  // blocks

	_         [64]byte      // each side's counter on a cache line of its own
	published atomic.Uint64 // blocks; written by the producer
	_         [56]byte
	released  atomic.Uint64 // blocks; written by the consumer
	consumed  atomic.Int64  // samples; written by the consumer
	oldest    uint64        // slot of the block to be released next; the consumer's
	_         [40]byte

	// The rest is the producer's.
	cur                               *Block // the slot being filled
	filling                           uint64 // its index
	produced, dropped, skipped, holes atomic.Int64
}

// New makes a ring of the given number of blocks, at least 1; less panics. 64 blocks hold
// 0.74 s at 44.1 kHz.
func New(blocks int) *Ring {
	if blocks < 1 {
		panic(fmt.Sprintf("ringbuf: New with %d blocks, want 1 or more", blocks))
	}
	r := &Ring{slots: make([]Block, blocks+1), capacity: uint64(blocks)}
	r.cur = &r.slots[0]
	return r
}

// Write appends mono samples. When the ring is full, whole blocks are dropped and
// counted, time goes on, and the next block that finds room carries Gap. A rest of less
// than a block waits for the next Write, Skip or Flush.
func (r *Ring) Write(x []float32) {
	r.produced.Add(int64(len(x)))
	for len(x) > 0 {
		n := copy(r.cur.X[r.cur.N:], x)
		r.cur.N += n
		x = x[n:]
		if r.cur.N == BlockSamples {
			r.publish()
		}
	}
}

// Skip says that the source lost n samples here: what was written before is published,
// time advances by n, and the next block carries Gap. It ignores n ≤ 0.
func (r *Ring) Skip(n int64) {
	if n <= 0 {
		return
	}
	r.Flush()
	r.skipped.Add(n)
	r.cur.At += n
	r.cur.Gap = true
}

// Flush publishes the samples of an unfinished block, for a source that ends.
func (r *Ring) Flush() {
	if r.cur.N > 0 {
		r.publish()
	}
}

// publish hands the current block to the consumer and begins the next in the slot behind
// it, or, when there is no room, drops it and begins the next in its place.
func (r *Ring) publish() {
	next := r.cur.At + int64(r.cur.N)
	b := r.published.Load()
	if b-r.released.Load() == r.capacity {
		r.dropped.Add(int64(r.cur.N))
		r.cur.At, r.cur.N, r.cur.Gap = next, 0, true
		return
	}
	if r.cur.Gap {
		r.holes.Add(1)
	}
	r.filling = r.behind(r.filling)
	r.cur = &r.slots[r.filling] // no block that waits: they are at most capacity, one less than there are slots
	r.cur.At, r.cur.N, r.cur.Gap = next, 0, false
	r.published.Store(b + 1)
}

// behind is the index of the slot behind that of index i.
func (r *Ring) behind(i uint64) uint64 {
	if i == r.capacity {
		return 0
	}
	return i + 1
}

// Free is the number of samples that the producer may write now without a drop. A source
// that can wait, such as a file, waits for it.
func (r *Ring) Free() int {
	blocks := int(r.capacity - (r.published.Load() - r.released.Load()))
	return max(0, blocks*BlockSamples-r.cur.N)
}

// Peek returns the oldest block, nil when there is none. It is the consumer's to read
// until Release; till then Peek returns it again.
func (r *Ring) Peek() *Block {
	if r.released.Load() == r.published.Load() {
		return nil
	}
	return &r.slots[r.oldest]
}

// Release gives the block that Peek returned back to the producer, and panics when there
// was none.
func (r *Ring) Release() {
	b := r.released.Load()
	if b == r.published.Load() {
		panic("ringbuf: Release without a block")
	}
	r.consumed.Add(int64(r.slots[r.oldest].N))
	r.oldest = r.behind(r.oldest)
	r.released.Store(b + 1)
}

// Stats counts samples since the ring was made, and gaps. While both sides run the
// numbers are each exact but not of one instant; once the producer has flushed and the
// consumer has read to the end, Produced = Consumed + Dropped.
type Stats struct {
	Produced int64 // samples given to Write
	Consumed int64 // samples released
	Dropped  int64 // samples written while the ring was full
	Skipped  int64 // samples that Skip told were lost at the source; not in Produced
	Gaps     int64 // blocks published with Gap
	Queued   int64 // samples waiting, up to one block's rounding
}

// Stats returns the counters; any goroutine may ask.
func (r *Ring) Stats() Stats {
	released := r.released.Load() // before published, so that the difference is not negative
	return Stats{
		Produced: r.produced.Load(),
		Consumed: r.consumed.Load(),
		Dropped:  r.dropped.Load(),
		Skipped:  r.skipped.Load(),
		Gaps:     r.holes.Load(),
		Queued:   int64(r.published.Load()-released) * BlockSamples,
	}
}
