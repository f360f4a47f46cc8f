package ringbuf_test

import (
	"fmt"

	"earshot/ringbuf"
)

// A microphone writes pieces of any size and loses some samples; who reads gets blocks, each with the absolute index of its
// first sample, and the first block after a hole says so.
func Example() {
	r := ringbuf.New(8)
	r.Write(make([]float32, 700)) // the audio thread: one whole block, and 188 samples that wait for more
	r.Skip(300)                   // the device said that 300 samples were lost here
	r.Write(make([]float32, 512))

	for b := r.Peek(); b != nil; b = r.Peek() { // the listener reads where the producer wrote
		fmt.Printf("samples %4d to %4d, after a gap: %v\n", b.At, b.At+int64(b.N), b.Gap)
		r.Release()
	}
	// Output:
	// samples    0 to  512, after a gap: false
	// samples  512 to  700, after a gap: false
	// samples 1000 to 1512, after a gap: true
}

// Nobody reads: what does not fit is dropped and counted, and time goes on.
func ExampleRing_Write() {
	r := ringbuf.New(2)
	for range 5 {
		r.Write(make([]float32, ringbuf.BlockSamples))
	}
	s := r.Stats()
	fmt.Println(s.Produced, "samples written,", s.Dropped, "dropped,", s.Queued, "wait")

	for r.Peek() != nil {
		r.Release()
	}
	r.Write(make([]float32, ringbuf.BlockSamples))
	b := r.Peek()
	fmt.Println("then block", b.At/ringbuf.BlockSamples, "after a gap:", b.Gap)
	// Output:
	// 2560 samples written, 1536 dropped, 1024 wait
	// then block 5 after a gap: true
}
