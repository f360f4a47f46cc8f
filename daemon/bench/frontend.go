package bench

import (
	"math/rand/v2"
	"runtime"
	"time"

	"earshot/gammatone"

	"gonum.org/v1/gonum/dsp/fourier"
)

// FrontEnd measures the front end beside the bare FFT of the library it uses.
func FrontEnd(budget time.Duration) []Row {
	c := gammatone.Default()
	front := gammatone.NewFrontEnd(c)
	second := noise(c.SampleRate)
	x := second[:c.FrameSamples]
	row := make([]float32, c.Bands)
	frame := func() {
		front.Energies(row, x)
		gammatone.LogFloor(row, row, c.Floor)
	}
	fft := fourier.NewFFT(c.FrameSamples)
	wide := make([]float64, c.FrameSamples)
	for i, v := range x {
		wide[i] = float64(v)
	}
	coefficients := make([]complex128, c.Bins())
	bare := func() { fft.Coefficients(coefficients, wide) }
	stream := gammatone.NewStream(c, 64, 0)
	window := make([]float32, c.WindowLen())
	at := int64(0)
	live := func() { // one second of sound, windows and deltas included
		stream.Push(at, second, false, func(w *gammatone.Window) { w.Fill(window) })
		at += int64(len(second))
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := compare(threadClock, budget, frame, bare, live)
	hop := time.Duration(float64(c.HopSamples) / float64(c.SampleRate) * float64(time.Second))
	return []Row{
		{"a frame: window, FFT, power, 128 bands, log", float64(t[0].Nanoseconds()) / 1000, "µs", "", ""},
		{"the bare FFT of the same library", float64(t[1].Nanoseconds()) / 1000, "µs", "", ""},
		{"the whole front end in bare FFTs", float64(t[0]) / float64(t[1]), "×", "≤ 4", ""},
		{"faster than real time, one core", float64(hop) / float64(t[0]), "×", "≥ 500", ""},
		{"the same with windows and deltas, hop 64", float64(time.Second) / float64(t[2]), "×", "", ""},
		{"allocations a frame", allocations(frame), "", "0", ""},
	}
}

// noise is n samples of white noise, always the same.
func noise(n int) []float32 {
	source := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(source.NormFloat64() * 0.1)
	}
	return x
}

// allocations is how many a call of f makes.
func allocations(f func()) float64 {
	const calls = 200
	var before, after runtime.MemStats
	f()
	runtime.ReadMemStats(&before)
	for range calls {
		f()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / calls)
}
