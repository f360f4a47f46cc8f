package audio_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"earshot/internal/audio"
)

// A recording is written and read again at the rate of the front end.
func ExampleReadMono() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	tone := make([]float32, 48000) // one second of 1 kHz
	for i := range tone {
		tone[i] = 0.5 * float32(math.Sin(2*math.Pi*1000*float64(i)/48000))
	}
	path := filepath.Join(dir, "tone.flac")
	if err := audio.WriteFLAC(path, tone, 48000); err != nil {
		fmt.Println(err)
		return
	}
	x, err := audio.ReadMono(path, 44100)
	fmt.Println(len(x), "samples", err)
	// Output: 44100 samples <nil>
}

// What is wrong with a file is told, and of which kind it is.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_, err = audio.Open(dir)
	fmt.Println(errors.Is(err, audio.ErrNotAudio))
	// Output: true
}

// A stream is converted chunk by chunk; no chunking changes a sample, and none is too many.
func ExampleResampler() {
	r, err := audio.NewResampler(48000, 44100)
	if err != nil {
		fmt.Println(err)
		return
	}
	n := 0
	for range 100 {
		n += len(r.Process(make([]float32, 480))) // valid until the next call
	}
	n += len(r.Flush())
	fmt.Println(n)
	// Output: 44100
}
