//go:build !race

package portaudio

func useUpSmallNumbers() {}
