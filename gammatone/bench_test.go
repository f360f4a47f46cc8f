package gammatone

import (
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// The front end's cost is judged against the bare FFT of the library it uses, in one run:
//
//	go test -bench 'FrontEnd|BareFFT|Stream' ./gammatone
//
// One operation is one frame, 11.6 ms of sound.

func BenchmarkBareFFT(b *testing.B) {
	fft := fourier.NewFFT(1024)
	x := make([]float64, 1024)
	for i, v := range noise(1, len(x)) {
		x[i] = float64(v)
	}
	coeff := make([]complex128, 513)
	for b.Loop() {
		fft.Coefficients(coeff, x)
	}
	perFrame(b, 1)
}

// BenchmarkFrontEnd is the whole way of a frame: window, FFT, power, bank, logarithm.
func BenchmarkFrontEnd(b *testing.B) {
	c := Default()
	f := NewFrontEnd(c)
	x := noise(1, c.FrameSamples)
	row := make([]float32, c.Bands)
	b.ReportAllocs()
	for b.Loop() {
		f.Energies(row, x)
		LogFloor(row, row, c.Floor)
	}
	perFrame(b, 1)
}

func benchmarkStream(b *testing.B, hop int) {
	c := Default()
	s := NewStream(c, hop, 0)
	x := noise(1, c.HopSamples*hop)
	dst := make([]float32, c.WindowLen())
	fill := func(w *Window) { w.Fill(dst) }
	at := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		s.Push(at, x, false, fill)
		at += int64(len(x))
	}
	perFrame(b, hop)
}

// BenchmarkStream64 and 8 add the windows and their deltas; an operation is one window.
func BenchmarkStream64(b *testing.B) { benchmarkStream(b, 64) }
func BenchmarkStream8(b *testing.B)  { benchmarkStream(b, 8) }

func BenchmarkFillWindow(b *testing.B) {
	dst := make([]float32, Default().WindowLen())
	logs := noise(1, 128*128)
	for b.Loop() {
		FillWindow(dst, logs)
	}
}

func BenchmarkLogFloor(b *testing.B) {
	e := noise(1, 128)
	dst := make([]float32, 128)
	for b.Loop() {
		LogFloor(dst, e, 1e-10)
	}
}

// perFrame reports the time of a frame and how many times faster than real time it is.
func perFrame(b *testing.B, frames int) {
	ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N*frames)
	b.ReportMetric(ns/1e3, "µs/frame")
	b.ReportMetric(512e9/44100/ns, "×real")
}
